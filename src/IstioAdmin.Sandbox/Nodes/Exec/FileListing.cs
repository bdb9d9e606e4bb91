using System.Globalization;
using System.Text;
using IstioAdmin.Sandbox.Nodes.Cni;

namespace IstioAdmin.Sandbox.Nodes.Exec;

/// <summary>Prints directories as <see cref="Core.Cni.NodeFileScript"/> does.</summary>
internal static class FileListing
{
    /// <summary>The output for these directories, as the container sees them.</summary>
    public static byte[] Of(NodeFiles files, Mounts mounts, IEnumerable<string> directories)
    {
        var text = new MemoryStream();
        foreach (string directory in directories)
        {
            if (mounts.Outside(directory) is not { } outside || files.List(outside) is not { } listed)
            {
                Add(text, "D missing\n");
                continue;
            }
            Add(text, "D ok\n");
            foreach ((string name, ModelledFile file) in listed)
            {
                (string read, string content) = Path.GetExtension(name) is ".conf" or ".conflist" or ".json" ? ("c", file.Content)
                    : name.Contains("kubeconfig", StringComparison.Ordinal) ? ("t", Payload(file.Content))
                    : ("n", "");
                Add(text, string.Create(CultureInfo.InvariantCulture,
                    $"F f {(file.Executable ? "x" : "-")} {read} {Encoding.UTF8.GetByteCount(name)} 0 {Encoding.UTF8.GetByteCount(content)}\n{name}{content}\n"));
            }
        }
        Add(text, "E\n");
        return text.ToArray();
    }

    /// <summary>The middle part of the token in a kubeconfig.</summary>
    private static string Payload(string kubeconfig)
    {
        string? line = kubeconfig.Split('\n').FirstOrDefault(line => line.Contains("token:", StringComparison.Ordinal));
        string[] parts = line?.Split("token:")[1].Trim().Trim('"').Split('.') ?? [];
        return parts.Length == 3 ? parts[1] : "";
    }

    private static void Add(MemoryStream to, string text) => to.Write(Encoding.UTF8.GetBytes(text));
}
