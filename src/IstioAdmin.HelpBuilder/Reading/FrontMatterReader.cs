using IstioAdmin.HelpBuilder.Pages;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace IstioAdmin.HelpBuilder.Reading;

/// <summary>Reads the YAML at the top of a page.</summary>
internal static class FrontMatterReader
{
    /// <summary>The schema that these pages follow: what Microsoft.PowerShell.PlatyPS 1.0 writes.</summary>
    public const string SchemaVersion = "2024-05-01";

    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithDuplicateKeyChecking().Build();

    /// <summary>Reads the entries and checks those that every kind of page has.</summary>
    /// <param name="yaml">The text between the dashes.</param>
    /// <param name="documentType"><c>cmdlet</c> or <c>module</c>.</param>
    /// <param name="required">Further keys that must be there, with or without a value.</param>
    /// <param name="problems">Takes what is missing or wrong.</param>
    public static IReadOnlyDictionary<string, string> Read(string yaml, string documentType, IReadOnlyList<string> required, PageProblems problems)
    {
        if (Parse(yaml, problems) is not { } entries)
            return new Dictionary<string, string>();

        foreach (string key in (string[])["document type", "title", "Module Name", "Locale", "PlatyPS schema version", .. required])
        {
            if (!entries.ContainsKey(key))
                problems.Add(1, $"The front matter lacks '{key}'.");
        }

        Expect(entries, "document type", documentType, problems);
        Expect(entries, "PlatyPS schema version", SchemaVersion, problems);
        return entries;
    }

    private static Dictionary<string, string>? Parse(string yaml, PageProblems problems)
    {
        try
        {
            Dictionary<string, string?> entries = Yaml.Deserialize<Dictionary<string, string?>?>(yaml) ?? [];
            return entries.ToDictionary(entry => entry.Key, entry => entry.Value ?? "");
        }
        catch (YamlException error)
        {
            // The block's first line is the one after the opening dashes.
            problems.Add((int)error.Start.Line + 1, $"The front matter is not a YAML map of strings: {error.Message}");
            return null;
        }
    }

    private static void Expect(Dictionary<string, string> entries, string key, string value, PageProblems problems)
    {
        if (entries.TryGetValue(key, out string? found) && found != value)
            problems.Add(1, $"The front matter's '{key}' is '{found}'; expected '{value}'.");
    }
}
