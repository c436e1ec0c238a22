import com.networknt.schema.OutputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Validates documents against the contract's schemas with the networknt validator. ../README.md describes its
 * input and output.
 */
final class SchemaConsumer {
    private static final String BASE = "https://psion-contract.example/schemas/";
    private static final JsonMapper JSON = mapper();

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("usage: schema-consumer FOLDER < LINES");
        }
        Map<String, Schema> validators = validators(Path.of(arguments[0]));
        var requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = requests.readLine()) != null; ) {
            JsonNode request = JSON.readTree(line);
            String id = BASE + request.required("schema").asString() + ".schema.json";
            if (!validators.containsKey(id)) {
                throw new IllegalArgumentException("no schema is called " + id);
            }
            JsonNode document = JSON.readTree(request.required("document").asString());
            ObjectNode answer = JSON.createObjectNode();
            answer.set("id", request.required("id"));
            answer.put("valid", validators.get(id).validate(document, OutputFormat.BOOLEAN));
            System.out.println(answer);
        }
    }

    /** Preserves every integer. The contract allows 4300 digits; Jackson allows 1000 by default. */
    private static JsonMapper mapper() {
        var constraints = StreamReadConstraints.builder().maxNumberLength(4300).build();
        return new JsonMapper(JsonFactory.builder().streamReadConstraints(constraints).build());
    }

    /**
     * The validators of a folder of schemas, by {@code $id}. The registry fetches nothing: a reference to a
     * schema outside the folder fails here.
     */
    private static Map<String, Schema> validators(Path folder) throws IOException {
        Map<String, String> texts = new HashMap<>();
        try (var paths = Files.newDirectoryStream(folder, "*.schema.json")) {
            for (Path path : paths) {
                String text = Files.readString(path);
                texts.put(JSON.readTree(text).required("$id").asString(), text);
            }
        }
        var registry =
                SchemaRegistry.withDefaultDialect(
                        SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(texts));
        Map<String, Schema> validators = new HashMap<>();
        for (String id : texts.keySet()) {
            Schema schema = registry.getSchema(SchemaLocation.of(id));
            schema.initializeValidators();
            validators.put(id, schema);
        }
        return validators;
    }
}
