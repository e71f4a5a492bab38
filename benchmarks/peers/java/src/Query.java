/** What is asked about the record that comes next. */
@FunctionalInterface
interface Query {
    double on(Forest forest, float[] next, int feature);

    static Query named(String name) {
        return switch (name) {
            case "attribute" -> (forest, next, feature) -> forest.attribute(next);
            case "impute" -> Forest::impute;
            case "forecast" -> (forest, next, feature) -> forest.forecast();
            default -> throw new IllegalArgumentException("the query must be known, got " + name);
        };
    }
}
