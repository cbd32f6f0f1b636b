package io.muster.cli;

import io.muster.block.DiskCheck;
import io.muster.block.DiskHeader;
import io.muster.block.DiskLayout;
import io.muster.block.HeaderCopy;
import io.muster.block.SlotReader;
import io.muster.daemon.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A shared disk's header and slots, for people and as JSON. */
final class DiskText {

    private DiskText() {}

    static Map<String, Object> json(DiskHeader header) {
        return Json.object("disk", header.disk().toString(), "cluster", header.cluster().toString(), "label", header.label(),
                "acceptor", "%016x".formatted(header.acceptorId()), "sequence", header.sequence(), "format", DiskHeader.FORMAT,
                "created", Instant.ofEpochMilli(header.createdAtMs()).toString(), "bytes", header.diskBytes(),
                "controlBytes", DiskLayout.CONTROL_BYTES);
    }

    static List<String> lines(DiskHeader header) {
        List<String> lines = new ArrayList<>();
        json(header).forEach((key, value) -> lines.add("%-13s %s".formatted(key, value)));
        return lines;
    }

    /** One line for each copy of the header and each slot that was ever written. */
    static List<String> lines(DiskCheck.Report report) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < report.copies().size(); i++) {
            lines.add("header copy %d  %s".formatted(i, report.copies().get(i)));
        }
        report.slots().stream().filter(slot -> slot.reading().state() != SlotReader.State.NEVER_WRITTEN).forEach(slot ->
                lines.add("%-10s %-4s %s%s".formatted(area(slot), slot.node(), copy(slot), says(slot))));
        lines.add("%d of %d slots were never written".formatted(report.slots().stream()
                .filter(slot -> slot.reading().state() == SlotReader.State.NEVER_WRITTEN).count(), report.slots().size()));
        return lines;
    }

    static Map<String, Object> json(DiskCheck.Report report) {
        List<Object> slots = new ArrayList<>();
        report.slots().stream().filter(slot -> slot.reading().state() != SlotReader.State.NEVER_WRITTEN).forEach(slot ->
                slots.add(Json.object("area", area(slot), "node", slot.node().toString(), "copy", slot.copy(), "state",
                        slot.reading().state().name().toLowerCase(Locale.ROOT), "text", slot.reading().text())));
        List<Object> copies = new ArrayList<>();
        report.copies().forEach(copy -> copies.add(
                Json.object("sound", copy instanceof HeaderCopy.Sound, "text", copy.toString())));
        return Json.object("sound", report.sound(), "copies", copies, "slots", slots);
    }

    private static String area(DiskCheck.Slot slot) {
        return slot.area().name().toLowerCase(Locale.ROOT);
    }

    private static String copy(DiskCheck.Slot slot) {
        return slot.area() == DiskCheck.Area.LEDGER ? "copy %d: ".formatted(slot.copy()) : "";
    }

    private static String says(DiskCheck.Slot slot) {
        return slot.reading().state() == SlotReader.State.DAMAGED ? "DAMAGED: " + slot.reading().text() : slot.reading().text();
    }
}
