import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Forests of one kind, and the commands that are carried out on them. */
final class Session {
    private final List<Forest> forests = new ArrayList<>();
    private float[][] records = new float[0][];
    private int[] order = new int[0];
    private int shingle;

    /** The answer to one command, as JSON. */
    String answer(String[] words) throws IOException {
        switch (words[0]) {
            case "records":
                records = Files32.records(words[1], Integer.parseInt(words[2]));
                return "{\"records\": " + records.length + "}";
            case "order":
                order = Files32.integers(words[1]);
                return "{\"order\": " + order.length + "}";
            case "open":
                Settings settings = Settings.of(words);
                shingle = settings.shingle();
                forests.add(settings.open());
                return "{\"forests\": " + forests.size() + "}";
            case "cache":
                forests.forEach(forest -> forest.cache(Double.parseDouble(words[1])));
                return "{}";
            case "run":
                return run(Work.named(words[1]), integer(words[2]), integer(words[3]));
            case "latencies":
                return latencies(Work.named(words[1]), integer(words[2]), integer(words[3]));
            case "behind":
                return behind(Query.named(words[1]), integer(words[2]), integer(words[3]));
            case "copies":
                forests.addAll(forests.get(0).copies(integer(words[1])));
                return "{\"forests\": " + forests.size() + "}";
            case "keys":
                return keys(Work.named(words[1]), integer(words[2]), integer(words[3]));
            case "compiling":
                long spent = ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
                return "{\"milliseconds\": " + spent + "}";
            case "heap":
                return "{\"bytes\": " + heap() + "}";
            case "saved":
                return "{\"bytes\": " + forests.get(0).saved() + "}";
            default:
                throw new IllegalArgumentException("the command must be known, got " + words[0]);
        }
    }

    private String run(Work work, int start, int n) {
        Forest forest = forests.get(0);
        double sum = 0;
        for (int i = start; i < start + n; i++) {
            sum += work.on(forest, input(work, i));
        }
        return "{\"sum\": " + sum + "}";
    }

    private String latencies(Work work, int start, int n) {
        Forest forest = forests.get(0);
        long[] taken = new long[n];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            float[] input = input(work, start + i);
            long started = System.nanoTime();
            sum += work.on(forest, input);
            taken[i] = System.nanoTime() - started;
        }
        return "{\"sum\": " + sum + ", \"nanoseconds\": " + Arrays.toString(taken) + "}";
    }

    /** Learns each record, then does something that learns nothing: processor seconds of the second alone. */
    private String behind(Query query, int start, int n) {
        var threads = ManagementFactory.getThreadMXBean();
        Forest forest = forests.get(0);
        long taken = 0;
        double sum = 0;
        for (int i = start; i < start + n; i++) {
            forest.learn(records[i]);
            float[] next = records[i + 1];
            long started = threads.getCurrentThreadCpuTime();
            sum += query.on(forest, next, i % next.length);
            taken += threads.getCurrentThreadCpuTime() - started;
        }
        return "{\"sum\": " + sum + ", \"seconds\": " + taken / 1e9 + "}";
    }

    private String keys(Work work, int start, int n) {
        double sum = 0;
        for (int i = start; i < start + n; i++) {
            sum += work.on(forests.get(order[i]), records[i % records.length]);
        }
        return "{\"sum\": " + sum + "}";
    }

    /** What a work takes: a record to learn, or a whole point behind which nothing is learned. */
    private float[] input(Work work, int i) {
        return work.learns() ? records[i] : point(i);
    }

    private float[] point(int i) {
        int features = records[i].length;
        float[] point = new float[features * shingle];
        for (int k = 0; k < shingle; k++) {
            System.arraycopy(records[i - shingle + 1 + k], 0, point, k * features, features);
        }
        return point;
    }

    private static long heap() {
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static int integer(String word) {
        return Integer.parseInt(word);
    }
}
