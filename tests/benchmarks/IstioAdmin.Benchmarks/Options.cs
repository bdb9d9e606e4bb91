using System.Globalization;

namespace IstioAdmin.Benchmarks;

/// <summary>Command line options of the form <c>--name value</c>.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> _values = [];

    public Options(IEnumerable<string> arguments)
    {
        foreach (string[] pair in arguments.Chunk(2))
        {
            if (pair is not [{ } name, { } value] || !name.StartsWith("--", StringComparison.Ordinal))
                throw new ArgumentException($"Expected --name value, not {string.Join(' ', pair)}.");
            _values[name[2..]] = value;
        }
    }

    public string Kubeconfig => Text("kubeconfig")
        ?? throw new ArgumentException("Name the kubeconfig of a server that may be filled: --kubeconfig FILE.");

    public string? Text(string name) => _values.GetValueOrDefault(name);

    public int Number(string name, int otherwise) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
