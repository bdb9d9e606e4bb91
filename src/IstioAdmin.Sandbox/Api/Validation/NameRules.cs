using System.Text.RegularExpressions;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>How names and labels may be written, and what is said when they are not (<c>apimachinery/pkg/util/validation</c>).</summary>
internal static partial class NameRules
{
    private const string SubdomainMessage = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
        + " (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string LabelMessage = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
        + " (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    private const string Label1035Message = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
        + " (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    private const string NamePartMessage = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
        + " (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private const string LabelValueMessage = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
        + " (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    /// <summary>What is wrong with a DNS subdomain (RFC 1123).</summary>
    public static IEnumerable<string> Subdomain(string name)
    {
        if (name.Length > 253)
            yield return "must be no more than 253 characters";
        if (!SubdomainPattern().IsMatch(name))
            yield return SubdomainMessage;
    }

    /// <summary>What is wrong with a DNS label (RFC 1123).</summary>
    public static IEnumerable<string> Label(string name)
    {
        if (name.Length > 63)
            yield return "must be no more than 63 characters";
        if (!LabelPattern().IsMatch(name))
            yield return LabelMessage;
    }

    /// <summary>What is wrong with a DNS label (RFC 1035).</summary>
    public static IEnumerable<string> Label1035(string name)
    {
        if (name.Length > 63)
            yield return "must be no more than 63 characters";
        if (!Label1035Pattern().IsMatch(name))
            yield return Label1035Message;
    }

    /// <summary>What is wrong with a name that must only fit a path.</summary>
    public static IEnumerable<string> PathSegment(string name)
    {
        if (name is "." or "..")
            yield return $"may not be '{name}'";
        foreach (char sign in "/%".Where(sign => name.Contains(sign, StringComparison.Ordinal)))
            yield return $"may not contain '{sign}'";
    }

    /// <summary>What is wrong with the key of a label or an annotation.</summary>
    public static IEnumerable<string> QualifiedName(string key)
    {
        string[] parts = key.Split('/');
        string name = parts[^1];
        if (parts.Length > 2)
        {
            yield return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
                + " (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
                + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            yield break;
        }
        if (parts.Length == 2)
        {
            if (parts[0].Length == 0)
                yield return "prefix part must be non-empty";
            foreach (string problem in parts[0].Length == 0 ? [] : Subdomain(parts[0]))
                yield return "prefix part " + problem;
        }
        if (name.Length == 0)
            yield return "name part must be non-empty";
        else if (name.Length > 63)
            yield return "name part must be no more than 63 characters";
        if (!NamePartPattern().IsMatch(name))
            yield return NamePartMessage;
    }

    /// <summary>What is wrong with the value of a label.</summary>
    public static IEnumerable<string> LabelValue(string value)
    {
        if (value.Length > 63)
            yield return "must be no more than 63 characters";
        if (value.Length > 0 && !NamePartPattern().IsMatch(value))
            yield return LabelValueMessage;
    }

    /// <summary>What is wrong with the name of a port.</summary>
    public static IEnumerable<string> PortName(string name)
    {
        if (name.Length > 15)
            yield return "must be no more than 15 characters";
        if (!PortPattern().IsMatch(name))
            yield return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        if (!name.Any(char.IsAsciiLetter))
            yield return "must contain at least one letter or number (a-z, 0-9)";
        if (name.Contains("--", StringComparison.Ordinal))
            yield return "must not contain consecutive hyphens";
        if (name.StartsWith('-') || name.EndsWith('-'))
            yield return "must not begin or end with a hyphen";
    }

    /// <summary>Throws what all problems together make, if there are any.</summary>
    public static void Refuse(IEnumerable<string> problems, Func<string, ApiException> refusal)
    {
        string joined = string.Join("; ", problems);
        if (joined.Length > 0)
            throw refusal(joined);
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex SubdomainPattern();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex LabelPattern();

    [GeneratedRegex(@"^[a-z]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Label1035Pattern();

    [GeneratedRegex(@"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z")]
    private static partial Regex NamePartPattern();

    [GeneratedRegex(@"^[-a-z0-9]+\z")]
    private static partial Regex PortPattern();
}
