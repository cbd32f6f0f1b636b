package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.muster.base.Bytes;
import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.ledger.BarrierName;
import io.muster.ledger.GroupName;
import io.muster.node.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControlRequestsTest {

    private final FakeNode node = new FakeNode();
    private final ControlRequests requests = new ControlRequests(node, () -> Map.of("program", "0.1.0"));

    @Test
    @DisplayName("001-4 a status tells what is agreed and what this node alone sees apart from each other")
    void aStatusKeepsAgreedAndLocalApart() {
        Map<String, Object> status = Json.inner(ask("{\"do\":\"status\"}"), "status");

        assertThat(status).containsEntry("node", "n1").containsEntry("life", 2L).containsEntry("role", "leader")
                .containsEntry("leader", "n1#2").containsEntry("acting_ms", 1500.0).containsEntry("program", "0.1.0");
        assertThat(Json.texts(Json.inner(status, "view"), "members")).containsExactly("n1#2", "n2#1", "n3#1");
        assertThat(Json.objects(status, "local")).extracting(peer -> peer.get("node"), peer -> peer.get("heard"))
                .containsExactly(tuple("n2", true), tuple("n3", false));
    }

    @Test
    @DisplayName("001-3 the membership of nodes is listed as a group like any other")
    void nodesIsAGroup() {
        Map<String, Object> status = Json.inner(ask("{\"do\":\"status\"}"), "status");

        assertThat(Json.objects(status, "groups")).extracting(group -> Json.text(group, "name"))
                .containsExactly("nodes", "alpha", "g2", "g3");
    }

    @Test
    @DisplayName("why tells every wait with its causes")
    void whyTellsChains() {
        Map<String, Object> answer = new ControlRequests(FakeNode.withOpenFence(), Map::of)
                .answer(ControlRequests.parse("{\"do\":\"why\"}"));

        Map<String, Object> wait = Json.objects(answer, "waits").getFirst();
        assertThat(wait).containsEntry("code", "FENCE-3");
        assertThat(Json.objects(wait, "because").getFirst()).containsEntry("code", "FENCE-1")
                .containsEntry("what", "process: no such host");
    }

    @Test
    @DisplayName("a node is told to read its keys anew, once for each time it is asked")
    void trustIsReadAnew() {
        FakeNode node = new FakeNode();
        new ControlRequests(node, Map::of).answer(ControlRequests.parse("{\"do\":\"trust.reload\"}"));
        assertThat(node.reloads()).isEqualTo(1);
    }

    @Test
    @DisplayName("what is asked reaches the node as it was said")
    void requestsReachTheNode() {
        ask("{\"do\":\"group.join\",\"group\":\"beta\"}");
        ask("{\"do\":\"group.leave\",\"group\":\"alpha\"}");
        ask("{\"do\":\"leave\"}");
        ask("{\"do\":\"fence\",\"node\":\"n3\",\"person\":\"ada\",\"reason\":\"smoke\"}");
        ask("{\"do\":\"fence.open\",\"person\":\"ada\"}");

        assertThat(node.asked).containsExactly(
                new Request.JoinGroup(new GroupName("beta")),
                new Request.LeaveGroup(new GroupName("alpha")),
                new Request.LeaveCluster(),
                new Request.EvictNode(NodeId.of(3), "ada", "smoke"),
                new Request.OpenFences("ada", ""));
    }

    @Test
    @DisplayName("001-1 001-13 a message to a group and a barrier reach the node, and each message has a ticket of its own")
    void talkReachesTheNode() {
        assertThat(ask("{\"do\":\"group.send\",\"group\":\"alpha\",\"text\":\"hé\"}")).containsEntry("ticket", 1L);
        assertThat(ask("{\"do\":\"group.send\",\"group\":\"alpha\",\"base64\":\"AP8=\"}")).containsEntry("ticket", 2L);
        ask("{\"do\":\"barrier\",\"group\":\"alpha\",\"barrier\":\"ready\"}");

        GroupName alpha = new GroupName("alpha");
        assertThat(node.asked).containsExactly(
                new Request.SendToGroup(alpha, 1, Bytes.copyOf("hé".getBytes(StandardCharsets.UTF_8))),
                new Request.SendToGroup(alpha, 2, Bytes.copyOf(new byte[] {0, -1})),
                new Request.EnterBarrier(new BarrierName(alpha, "ready")));
    }

    @Test
    @DisplayName("000-21 a person can say that a node is off only where a fence is open, and is recorded")
    void anAcknowledgementNeedsAnOpenFence() {
        String ack = "{\"do\":\"fence.ack\",\"node\":\"n3\",\"person\":\"ada\",\"remark\":\"pulled\\nthe plug\"}";
        assertThatThrownBy(() -> ask(ack)).isInstanceOf(ClusterFault.class).hasMessageContaining("n3 has no open fence");
        assertThat(node.asked).isEmpty();

        FakeNode fenced = FakeNode.withOpenFence();
        new ControlRequests(fenced, Map::of).answer(ControlRequests.parse(ack));
        assertThat(fenced.asked).containsExactly(new Request.Acknowledge(NodeId.of(3), "ada", "pulled the plug"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            not json                                        | SELF_2   | not JSON
            []                                              | SELF_2   | one JSON object
            {"do":"status"} {"do":"status"}                 | SELF_2   | something follows
            {"do":"status","do":"leave"}                    | SELF_2   | Duplicate
            {}                                              | SELF_2   | "do" is missing
            {"do":7}                                        | SELF_2   | "do" is missing
            {"do":"reboot"}                                 | SELF_2   | do "reboot" is not known
            {"do":"status","colour":"red"}                  | SELF_2   | no field "colour"
            {"do":"group.join"}                             | GROUP_1  | is not a group name
            {"do":"group.join","group":"../x"}              | GROUP_1  | is not a group name
            {"do":"group.join","group":"nodes"}             | GROUP_1  | nodes is the membership itself
            {"do":"fence","node":"n9"}                      | MEMBER_3 | n9 is not a member
            {"do":"fence","node":"x"}                       | SELF_2   | not a node name
            {"do":"fence","node":"n3","person":7}           | SELF_2   | field "person"
            {"do":"fence.ack","node":"n3"}                  | SELF_2   | "person" is missing
            {"do":"fence.open"}                             | SELF_2   | "person" is missing
            {"do":"fence.history","node":"x"}               | SELF_2   | not a node name
            {"do":"fence.ack","node":"n2","person":"ada"}   | FENCE_4  | n2 has no open fence
            {"do":"group.send","group":"alpha"}             | SELF_2   | either a field "text" or a field "base64"
            {"do":"group.send","group":"alpha","text":"a","base64":"YQ=="} | SELF_2 | either a field
            {"do":"group.send","group":"alpha","base64":"?"} | SELF_2  | field "base64"
            {"do":"group.send","group":"beta","text":"a"}   | GROUP_2  | this node is not in group beta
            {"do":"barrier","group":"alpha"}                | GROUP_2  | is not a barrier name
            {"do":"barrier","group":"beta","barrier":"b"}   | GROUP_2  | this node is not in group beta
            """)
    @DisplayName("a request that makes no sense is answered with a code and changes nothing")
    void badRequestsChangeNothing(String line, FaultCode code, String says) {
        assertThatThrownBy(() -> ask(line))
                .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(code))
                .hasMessageContaining(says);
        assertThat(node.asked).isEmpty();
    }

    @Test
    @DisplayName("a person's remark is bounded")
    void remarksAreBounded() {
        String line = Json.write(Json.object(
                "do", "fence", "node", "n3", "reason", "x".repeat(ControlRequests.REMARK_LIMIT + 1)));

        assertThatThrownBy(() -> ask(line)).isInstanceOf(ClusterFault.class).hasMessageContaining("at most 200");
        assertThat(node.asked).isEqualTo(List.of());
    }

    /** The answer as the caller reads it. */
    private Map<String, Object> ask(String line) {
        try {
            return Json.read(Json.write(requests.answer(ControlRequests.parse(line))));
        } catch (Json.NotJson e) {
            throw new IllegalStateException(e);
        }
    }
}
