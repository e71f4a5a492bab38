/** What is done with the stream, a record or a point at a time; answers are summed up, so that none is optimised away. */
enum Work {
    SCORE_LEARN(true) {
        @Override
        double on(Forest forest, float[] record) {
            return forest.scoreLearn(record);
        }
    },
    LEARN(true) {
        @Override
        double on(Forest forest, float[] record) {
            return forest.learn(record);
        }
    },
    SCORE(false) {
        @Override
        double on(Forest forest, float[] point) {
            return forest.score(point);
        }
    },
    ATTRIBUTE_POINTS(false) {
        @Override
        double on(Forest forest, float[] point) {
            return forest.attribute(point);
        }
    };

    private final boolean learns;

    Work(boolean learns) {
        this.learns = learns;
    }

    abstract double on(Forest forest, float[] input);

    boolean learns() {
        return learns;
    }

    static Work named(String name) {
        return valueOf(name.toUpperCase(java.util.Locale.ROOT));
    }
}
