using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>One kubeconfig file: its bytes, its YAML, its entries.</summary>
internal static class KubeconfigFile
{
    // Far beyond any real one (hundreds of contexts with embedded certificates); stops at devices and mistaken paths.
    private const int MaxLength = 16 * 1024 * 1024;
    private const int MaxNesting = 100;

    private static readonly string[] KnownKeys = ["clusters", "users", "contexts", "current-context", "preferences"];

    /// <summary>Reads a file's root mapping; null when the file is empty.</summary>
    public static async Task<KubeconfigMap?> ReadAsync(string path, CancellationToken cancel)
    {
        string text = await ReadTextAsync(path, cancel).ConfigureAwait(false);
        return Root(path, text);
    }

    /// <summary>Reads the root mapping of a kubeconfig that is in no file; null when it is empty.</summary>
    public static KubeconfigMap? Parse(KubeconfigText text) => Root(text.Source, text.Yaml);

    private static KubeconfigMap? Root(string path, string text)
    {
        if (Parse(path, text) is not { } root)
            return null;
        if (root is not YamlMappingNode map)
            throw KubeconfigError.NotKubeconfig(path, "it is not a mapping.");
        var config = new KubeconfigMap(path, map);
        string? kind = config.Text("kind");
        if (kind is not (null or "Config"))
            throw KubeconfigError.NotKubeconfig(path, $"its kind is '{kind}'.");
        if (config.Text("apiVersion") is { } version and not "v1")
            throw KubeconfigError.NotKubeconfig(path, $"its apiVersion is '{version}', not 'v1'.");
        if (kind is null && !KnownKeys.Any(config.Has))
            throw KubeconfigError.NotKubeconfig(path, "it has neither clusters nor users nor contexts.");
        return config;
    }

    private static async Task<string> ReadTextAsync(string path, CancellationToken cancel)
    {
        if (Directory.Exists(path))
            throw KubeconfigError.Unreadable(path, "it is a directory.");
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file);
            char[] buffer = new char[32 * 1024];
            var text = new System.Text.StringBuilder();
            while (await reader.ReadAsync(buffer, cancel).ConfigureAwait(false) is var count and > 0)
            {
                text.Append(buffer, 0, count);
                if (text.Length > MaxLength)
                    throw KubeconfigError.NotKubeconfig(path, $"it is longer than {MaxLength / 1024 / 1024} MiB.");
            }
            return text.ToString();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw KubeconfigError.NotFound(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw KubeconfigError.Unreadable(path, e.Message, e);
        }
    }

    private static YamlNode? Parse(string path, string text)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new ShallowParser(new Parser(new StringReader(text))));
        }
        catch (YamlException e)
        {
            (long line, long column) = Position(e, text);
            throw KubeconfigError.NotYaml(path, line, column, Reason(e));
        }
        // Like kubectl: what follows a second "---" is not looked at.
        return yaml.Documents.Count == 0 || yaml.Documents[0].RootNode is YamlScalarNode { Value: null or "" } ? null : yaml.Documents[0].RootNode;
    }

    private static (long Line, long Column) Position(YamlException e, string text)
    {
        // For the most frequent mistake the parser names the place where the mapping began, not the tab.
        if (e.Message.Contains("tab", StringComparison.Ordinal))
        {
            long number = 0;
            foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
            {
                number++;
                int indentation = line.Length - line.TrimStart().Length;
                if (line[..indentation].IndexOf('\t') is var tab and >= 0)
                    return (number, tab + 1);
            }
        }
        return (e.Start.Line, e.Start.Column);
    }

    private static string Reason(YamlException e)
    {
        string reason = (e.InnerException ?? e).Message;
        // Older messages begin with the position, which ours has already.
        int end = reason.LastIndexOf("): ", StringComparison.Ordinal);
        return reason.StartsWith('(') && end >= 0 ? reason[(end + 3)..] : reason;
    }

    /// <summary>Refuses documents so deeply nested that building their tree would overflow the stack.</summary>
    private sealed class ShallowParser(IParser inner) : IParser
    {
        private int _depth;

        public ParsingEvent? Current => inner.Current;

        public bool MoveNext()
        {
            if (!inner.MoveNext())
                return false;
            _depth += inner.Current!.NestingIncrease;
            return _depth <= MaxNesting
                ? true
                : throw new YamlException(inner.Current.Start, inner.Current.End, $"It is nested deeper than {MaxNesting} levels.");
        }
    }
}
