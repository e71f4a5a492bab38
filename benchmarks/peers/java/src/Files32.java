import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Arrays of 32-bit numbers, as NumPy's tofile writes them on a little-endian machine. */
final class Files32 {
    private Files32() {}

    static float[][] records(String path, int features) throws IOException {
        FloatBuffer values = bytes(path).asFloatBuffer();
        float[][] records = new float[values.remaining() / features][features];
        for (float[] record : records) {
            values.get(record);
        }
        return records;
    }

    static int[] integers(String path) throws IOException {
        IntBuffer values = bytes(path).asIntBuffer();
        int[] integers = new int[values.remaining()];
        values.get(integers);
        return integers;
    }

    private static ByteBuffer bytes(String path) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(Path.of(path))).order(ByteOrder.LITTLE_ENDIAN);
    }
}
