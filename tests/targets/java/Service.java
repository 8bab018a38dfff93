import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;

/** A service in Java whose memory is known: /churn makes garbage, /visit keeps 100 bytes beside it, /leak n sessions. */
public final class Service {
    static final class Session {
        final String name;
        final byte[] seen = new byte[1024];

        Session(int number) {
            name = "session " + number;
        }
    }

    record Item(String text, Item next) {}

    private static final List<Session> sessions = new ArrayList<>();
    private static volatile Item last;

    private static synchronized void remember(int count) {
        for (; count > 0; count--) {
            sessions.add(new Session(count));
        }
    }

    // Most of it lives through a collection or two, which is what makes collections long.
    private static void churn(int count) {
        Item item = null;
        for (int i = 0; i < count; i++) {
            item = new Item("item " + i, item);
        }
        last = item;
    }

    /** With its array of 64 bytes and its place in the list, 100 bytes. */
    static final class Visit {
        final byte[] seen = new byte[64];
    }

    private static final List<Visit> visits = new ArrayList<>();

    private static void note(int garbage) {
        churn(garbage);
        synchronized (visits) {
            visits.add(new Visit());
        }
    }

    private static void answer(HttpExchange exchange, IntConsumer work) throws IOException {
        String query = exchange.getRequestURI().getQuery();
        work.accept(query != null && query.startsWith("n=") ? Integer.parseInt(query.substring(2)) : 1000);
        byte[] body = "done\n".getBytes();
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    public static void main(String[] arguments) throws IOException {
        String port = System.getenv().getOrDefault("PORT", "0");
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
        HttpServer server = HttpServer.create(address, 0);
        server.createContext("/leak", exchange -> answer(exchange, Service::remember));
        server.createContext("/visit", exchange -> answer(exchange, Service::note));
        server.createContext("/churn", exchange -> answer(exchange, Service::churn));
        server.createContext("/", exchange -> answer(exchange, count -> {}));
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
        System.out.println("listening on " + server.getAddress().getPort());
    }
}
