using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>What a JSON value must look like. Knows as much of JSON Schema as Pipeline's API description uses.</summary>
internal abstract class Shape
{
    /// <summary>Any text.</summary>
    public static Shape Text { get; } = new Scalar("string", value => value.GetValueKind() == JsonValueKind.String);

    /// <summary>True or false.</summary>
    public static Shape Flag { get; } = new Scalar("bool", value => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False);

    /// <summary>A whole number of any size.</summary>
    public static Shape Whole { get; } = WholeFrom(long.MinValue);

    /// <summary>Any value.</summary>
    public static Shape Any { get; } = new Scalar("value", _ => true);

    /// <summary>An object with any fields.</summary>
    public static Shape AnyObject { get; } = new Scalar("object", value => value is JsonObject);

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static Shape WholeFrom(long least, long most = long.MaxValue) => new Scalar(
        least == long.MinValue ? "int" : string.Create(CultureInfo.InvariantCulture, $"int of at least {least}"),
        value => value.GetValueKind() == JsonValueKind.Number && long.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out long number) && number >= least && number <= most);

    /// <summary>One of these texts.</summary>
    public static Shape OneOf(params string[] texts) => new Scalar($"one of {string.Join(", ", texts)}",
        value => value.GetValueKind() == JsonValueKind.String && texts.Contains(value.GetValue<string>()));

    /// <summary>An array of such values.</summary>
    public static Shape ListOf(Shape item) => new Elements(item);

    /// <summary>An object whose field names are data, with such values.</summary>
    public static Shape MapOf(Shape value) => new Entries(value);

    /// <summary>An object with these fields; a name that ends in <c>!</c> is required. Others are allowed, and counted as unknown.</summary>
    public static FieldsShape Fields(params (string Name, Shape Shape)[] fields) => new(
        [.. fields.Select(field => new ShapeField(field.Name.TrimEnd('!'), field.Shape, field.Name.EndsWith('!')))]);

    /// <summary>What is wrong with <paramref name="value"/>, by the path of the field; and fields the shape does not know.</summary>
    internal ShapeReport Check(JsonNode? value, bool lenient = false)
    {
        var report = new ShapeReport(lenient);
        Check(value, "", report);
        return report;
    }

    internal abstract void Check(JsonNode? value, string path, ShapeReport report);

    private sealed class Scalar(string name, Func<JsonNode, bool> fits) : Shape
    {
        internal override void Check(JsonNode? value, string path, ShapeReport report)
        {
            // Go's decoder takes null for every type and leaves the field empty.
            if (value is not null && !fits(value))
                report.Wrong(path, name, value);
        }
    }

    private sealed class Elements(Shape item) : Shape
    {
        internal override void Check(JsonNode? value, string path, ShapeReport report)
        {
            if (value is not JsonArray array)
            {
                if (value is not null)
                    report.Wrong(path, "array", value);
                return;
            }
            for (int i = 0; i < array.Count; i++)
                item.Check(array[i], $"{path}[{i}]", report);
        }
    }

    private sealed class Entries(Shape entry) : Shape
    {
        internal override void Check(JsonNode? value, string path, ShapeReport report)
        {
            if (value is not JsonObject map)
            {
                if (value is not null)
                    report.Wrong(path, "object", value);
                return;
            }
            foreach ((string name, JsonNode? held) in map)
                entry.Check(held, ShapeReport.Join(path, name), report);
        }
    }
}

/// <summary>A field of an object. One that is <paramref name="Tolerated"/> to be missing is required by the description, yet left out by banzai's own client.</summary>
internal sealed record ShapeField(string Name, Shape Shape, bool Required, bool Tolerated = false);

/// <summary>An object with known fields.</summary>
internal sealed class FieldsShape(ShapeField[] fields) : Shape
{
    /// <summary>This shape with the fields of another: the description's allOf.</summary>
    public FieldsShape And(FieldsShape other) => new([.. fields, .. other.All]);

    /// <summary>This shape, where a lenient server does without these required fields.</summary>
    public FieldsShape Tolerating(params string[] names) => new([.. fields.Select(field => names.Contains(field.Name) ? field with { Tolerated = true } : field)]);

    private ShapeField[] All => fields;

    internal override void Check(JsonNode? value, string path, ShapeReport report)
    {
        if (value is not JsonObject map)
        {
            if (value is not null)
                report.Wrong(path, "object", value);
            return;
        }
        foreach (ShapeField field in fields)
        {
            string place = ShapeReport.Join(path, field.Name);
            if (map[field.Name] is { } held)
                field.Shape.Check(held, place, report);
            else if (field.Required && !(report.Lenient && field.Tolerated))
                report.Missing(place);
        }
        foreach (string unknown in map.Select(entry => entry.Key).Except(fields.Select(field => field.Name)))
            report.Unknown.Add(ShapeReport.Join(path, unknown));
    }
}

/// <summary>What a check found.</summary>
internal sealed class ShapeReport(bool lenient)
{
    public bool Lenient => lenient;

    /// <summary>In the order of the fields.</summary>
    public List<string> Errors { get; } = [];

    public List<string> Unknown { get; } = [];

    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    public void Missing(string path) => Errors.Add($"{path} is required");

    public void Wrong(string path, string wanted, JsonNode value) =>
        Errors.Add($"cannot unmarshal {value.GetValueKind().ToString().ToLowerInvariant()} into field {(path.Length == 0 ? "(body)" : path)} of type {wanted}");
}
