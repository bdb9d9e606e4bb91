namespace IstioAdmin.Sandbox.Http;

/// <summary>The parameters of a request's query, in their order; a name may occur more than once.</summary>
internal sealed class HttpQuery
{
    private readonly List<KeyValuePair<string, string>> _parameters = [];

    /// <summary>No parameters.</summary>
    public static HttpQuery Empty { get; } = new("");

    /// <param name="text">The query, with or without its question mark; percent-encoded, with <c>+</c> for a space.</param>
    public HttpQuery(string text)
    {
        foreach (string part in text.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            _parameters.Add(equals < 0 ? new(Decode(part), "") : new(Decode(part[..equals]), Decode(part[(equals + 1)..])));
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters => _parameters;

    /// <summary>The first value of a parameter; null when it is not there.</summary>
    public string? this[string name] => _parameters.Find(parameter => parameter.Key == name).Value;

    /// <summary>Every value of a parameter.</summary>
    public IReadOnlyList<string> All(string name) => [.. _parameters.Where(parameter => parameter.Key == name).Select(parameter => parameter.Value)];

    /// <summary>Whether a flag is set, as Go's <c>strconv.ParseBool</c> reads it; an empty value is true.</summary>
    public bool Flag(string name) => this[name] is "" or "1" or "t" or "T" or "true" or "TRUE" or "True";

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
