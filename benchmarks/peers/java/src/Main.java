import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;

/** Reads a command a line, and answers each with a line of JSON, until its input ends. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws IOException {
        Session session = new Session();
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            System.out.println(session.answer(line.split(" ")));
            System.out.flush();
        }
    }
}
