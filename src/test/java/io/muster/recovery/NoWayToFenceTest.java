package io.muster.recovery;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import io.muster.base.BrokenInvariant;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.TimeBudget;
import io.muster.fence.Chain;
import io.muster.fence.Collected;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Phase;
import io.muster.machine.Effect;
import io.muster.machine.Outbox;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class NoWayToFenceTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.muster.group", "io.muster.recovery", "io.muster.fence", "io.muster.machine");

    @Test
    @DisplayName("000-18 nothing in group or recovery, where services live, can name anything of fencing")
    void nothingAboveFencingCanNameIt() {
        ArchRuleDefinition.noClasses().that().resideInAnyPackage("io.muster.group..", "io.muster.recovery..")
                .should().dependOnClassesThat().resideInAPackage("io.muster.fence..")
                .orShould().dependOnClassesThat().areAssignableTo(Effect.Fence.class)
                .check(CLASSES);
    }

    @Test
    @DisplayName("000-18 only the fencer's own actor asks a driver to fence")
    void onlyTheFencersActorMakesAFenceEffect() {
        ArchRuleDefinition.classes().should().onlyHaveDependentClassesThat()
                .resideInAnyPackage("io.muster.fence..", "io.muster.machine..")
                .check(CLASSES.that(equivalentTo(Effect.Fence.class)));
        assertThat(CLASSES.get("io.muster.fence.FenceActor").getDirectDependenciesFromSelf())
                .anyMatch(dependency -> dependency.getTargetClass().isEquivalentTo(Effect.Fence.class));
    }

    @Test
    @DisplayName("000-18 a participant that asks for a fence breaks an invariant, and nothing reaches a driver")
    void aParticipantThatAsksForAFenceIsStopped() {
        Chain chain = Chain.of(1);
        chain.agree(new LedgerEvent.GroupJoined(new GroupName("files"), Incarnation.of(1, 1)));
        RecoveryCoordinator coordinator = new RecoveryCoordinator(
                Incarnation.of(1, 1), List.of(new FenceCaller()), TimeBudget.lan(), 0);
        Collected<RecoveryNews> out = new Collected<>();
        assertThatExceptionOfType(BrokenInvariant.class)
                .isThrownBy(() -> coordinator.step(new RecoveryInput.Agreed(chain.news()), 0, out))
                .withMessageContaining("participant meddler");
        assertThat(out.effects).isEmpty();
    }

    private static final class FenceCaller implements Participant {

        @Override
        public String name() {
            return "meddler";
        }

        @Override
        public EnumSet<Phase> takesPart() {
            return EnumSet.of(Phase.STOP);
        }

        @Override
        public void begin(Phase phase, RecoveryPlan plan, Outbox<Answer> out) {
            out.perform(new Effect.Fence(1, 1, "power", Incarnation.of(2, 1), HostProcess.UNKNOWN, 1));
        }

        @Override
        public void abandon(GroupName group, long generation, Outbox<Answer> out) {
            out.announce(new Abandoned(group, generation));
        }
    }
}
