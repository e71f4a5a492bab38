import java.util.List;

/** A forest that is timed. A record is one event's values; the forest itself makes shingles of them. */
interface Forest {
    double scoreLearn(float[] record);

    double learn(float[] record);

    double score(float[] record);

    double attribute(float[] record);

    /** The record's feature as it is expected, told the others and the shingle before. */
    double impute(float[] record, int feature);

    /** The record after the last one learned. */
    double forecast();

    /** The share of bounding boxes that are kept, from 0 to 1. */
    void cache(double fraction);

    /** Bytes of the serialized state, trees included. */
    long saved() throws java.io.IOException;

    /** n forests in the same state. */
    List<Forest> copies(int n);
}
