package io.muster.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PortReservationTest {

    @Test
    @DisplayName("two demos side by side never get the same ports")
    void reservationsNeverMeet() throws IOException {
        List<PortReservation> all = new ArrayList<>();
        try {
            List<Integer> ports = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                all.add(PortReservation.of(16));
                ports.addAll(all.getLast().ports());
            }
            assertThat(ports).hasSize(320).doesNotHaveDuplicates();
        } finally {
            all.forEach(PortReservation::close);
        }
    }

    @Test
    @DisplayName("a daemon may listen on a reserved port, again and again, for streams and datagrams")
    void aDaemonMayListenOnIt() throws IOException {
        try (PortReservation reservation = PortReservation.of(1)) {
            InetSocketAddress address = new InetSocketAddress(PortReservation.loopback(), reservation.ports().getFirst());
            for (int life = 0; life < 3; life++) {
                try (ServerSocketChannel streams = ServerSocketChannel.open();
                        DatagramChannel datagrams = DatagramChannel.open()) {
                    assertThatCode(() -> streams.bind(address)).doesNotThrowAnyException();
                    assertThatCode(() -> datagrams.bind(address)).doesNotThrowAnyException();
                }
            }
        }
    }
}
