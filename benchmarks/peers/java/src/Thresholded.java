import com.amazon.randomcutforest.parkservices.ThresholdedRandomCutForest;
import java.util.List;

/** The thresholded forest of randomcutforest-parkservices, with its defaults: it scores, grades and learns in one call. */
final class Thresholded implements Forest {
    private final ThresholdedRandomCutForest forest;
    private final double[] values;
    private long time;

    Thresholded(Settings s) {
        forest = ThresholdedRandomCutForest.builder()
                .dimensions(s.features() * s.shingle())
                .shingleSize(s.shingle())
                .numberOfTrees(s.trees())
                .sampleSize(s.sampleSize())
                .boundingBoxCacheFraction(s.cache())
                .parallelExecutionEnabled(false)
                .randomSeed(s.seed())
                .build();
        values = new double[s.features()];
    }

    @Override
    public double scoreLearn(float[] record) {
        for (int i = 0; i < values.length; i++) {
            values[i] = record[i];
        }
        return forest.process(values, time++).getRCFScore();
    }

    @Override
    public double learn(float[] record) {
        throw new UnsupportedOperationException("a thresholded forest learns what it scores");
    }

    @Override
    public double score(float[] record) {
        throw new UnsupportedOperationException("a thresholded forest learns what it scores");
    }

    @Override
    public double attribute(float[] record) {
        return forest.getForest().getAnomalyAttribution(record).getHighLowSum();
    }

    @Override
    public double impute(float[] record, int feature) {
        throw new UnsupportedOperationException("imputation is timed on the core forest");
    }

    @Override
    public double forecast() {
        return forest.extrapolate(1).rangeVector.values[0];
    }

    @Override
    public void cache(double fraction) {
        forest.getForest().setBoundingBoxCacheFraction(fraction);
    }

    @Override
    public long saved() {
        throw new UnsupportedOperationException("the state is measured on the core forest");
    }

    @Override
    public List<Forest> copies(int n) {
        throw new UnsupportedOperationException("many keys are timed on core forests");
    }
}
