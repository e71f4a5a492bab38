/** The forests that a session opens. */
record Settings(
        String kind, int features, int shingle, int trees, int sampleSize, double cache, long seed) {
    static Settings of(String[] words) {
        return new Settings(
                words[1],
                Integer.parseInt(words[2]),
                Integer.parseInt(words[3]),
                Integer.parseInt(words[4]),
                Integer.parseInt(words[5]),
                Double.parseDouble(words[6]),
                Long.parseLong(words[7]));
    }

    Forest open() {
        return kind.equals("core") ? new Core(this) : new Thresholded(this);
    }
}
