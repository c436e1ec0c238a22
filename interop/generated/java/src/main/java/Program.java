import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads documents as generated classes, changes one value of each, and writes them back. */
class Program {
    private static final String CHANGED = "changed-by-a-generated-type";
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] words = line.split(" ");
            Files.writeString(Path.of(words[2]), changed(words[0], Files.readString(Path.of(words[1]))));
        }
    }

    private static String changed(String role, String text) throws Exception {
        Object document =
                switch (role) {
                    case "config" -> {
                        var it = JSON.readValue(text, PretrainStageConfig.class);
                        it.setRunId(CHANGED);
                        yield it;
                    }
                    case "receipt" -> {
                        var it = JSON.readValue(text, PretrainStageReceipt.class);
                        it.setSummary(CHANGED);
                        yield it;
                    }
                    case "descriptor" -> {
                        var it = JSON.readValue(text, CompactDecoderDescriptor.class);
                        it.setSizeAnchor(CompactDecoderDescriptor.SizeAnchor.INTERNAL_128_M);
                        yield it;
                    }
                    case "corpus" -> {
                        var it = JSON.readValue(text, TokenizedCorpusManifest.class);
                        it.setDatasetVersion(CHANGED);
                        yield it;
                    }
                    case "policy" -> {
                        var it = JSON.readValue(text, SamplingPolicy.class);
                        it.setPolicyVersion(CHANGED);
                        yield it;
                    }
                    case "program" -> {
                        var it = JSON.readValue(text, TrainingStageProgram.class);
                        it.setRunId(CHANGED);
                        yield it;
                    }
                    default -> throw new IllegalArgumentException(role);
                };
        return JSON.writeValueAsString(document);
    }
}
