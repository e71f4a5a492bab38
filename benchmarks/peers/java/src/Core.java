import com.amazon.randomcutforest.RandomCutForest;
import com.amazon.randomcutforest.state.RandomCutForestMapper;
import com.amazon.randomcutforest.state.RandomCutForestState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;

/** The forest of randomcutforest-core. */
final class Core implements Forest {
    private final RandomCutForest forest;
    private final int newest;

    Core(Settings s) {
        forest = RandomCutForest.builder()
                .dimensions(s.features() * s.shingle())
                .shingleSize(s.shingle())
                .internalShinglingEnabled(s.shingle() > 1)
                .numberOfTrees(s.trees())
                .sampleSize(s.sampleSize())
                .boundingBoxCacheFraction(s.cache())
                .parallelExecutionEnabled(false)
                .randomSeed(s.seed())
                .build();
        newest = s.features() * (s.shingle() - 1);
    }

    @Override
    public double scoreLearn(float[] record) {
        double score = forest.getAnomalyScore(record);
        forest.update(record);
        return score;
    }

    @Override
    public double learn(float[] record) {
        forest.update(record);
        return 0;
    }

    @Override
    public double score(float[] record) {
        return forest.getAnomalyScore(record);
    }

    @Override
    public double attribute(float[] record) {
        return forest.getAnomalyAttribution(record).getHighLowSum();
    }

    @Override
    public double impute(float[] record, int feature) {
        int missing = newest + feature;
        float[] point = forest.transformToShingledPoint(record);
        return forest.imputeMissingValues(point, new int[] {missing})[missing];
    }

    @Override
    public double forecast() {
        return forest.extrapolateFromCurrentTime(1)[0];
    }

    @Override
    public void cache(double fraction) {
        forest.setBoundingBoxCacheFraction(fraction);
    }

    private Core(RandomCutForest forest) {
        this.forest = forest;
        newest = forest.getDimensions() - forest.getDimensions() / forest.getShingleSize();
    }

    private static RandomCutForestMapper mapper() {
        RandomCutForestMapper mapper = new RandomCutForestMapper();
        mapper.setSaveTreeStateEnabled(true);
        mapper.setSaveExecutorContextEnabled(true);
        return mapper;
    }

    @Override
    public List<Forest> copies(int n) {
        RandomCutForestState state = mapper().toState(forest);
        List<Forest> copies = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            copies.add(new Core(mapper().toModel(state)));
        }
        return copies;
    }

    @Override
    public long saved() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(mapper().toState(forest));
        }
        return bytes.size();
    }
}
