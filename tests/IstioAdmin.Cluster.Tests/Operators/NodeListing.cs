using System.Text;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>What an agent prints about the directories of its node that it is asked for: a chained configuration, the program and a kubeconfig.</summary>
internal static class NodeListing
{
    /// <param name="command">The script and, after four words of shell, the directories.</param>
    public static byte[] Of(string[] command)
    {
        var text = new StringBuilder();
        foreach (string directory in command.Skip(4))
        {
            text.Append("D ok\n");
            if (directory.Contains("/bin", StringComparison.Ordinal))
            {
                Entry('x', 'n', "istio-cni", "");
                continue;
            }
            if (directory.Contains("net", StringComparison.Ordinal))
                Entry('-', 'c', "10-net.conflist", FakeMesh.Chained);
            Entry('-', 't', directory.Contains("net", StringComparison.Ordinal) ? "ZZZ-istio-cni-kubeconfig" : "istio-cni-kubeconfig", "e30");
        }
        return Encoding.UTF8.GetBytes(text.Append("E\n").ToString());

        void Entry(char execute, char read, string name, string content) => text.Append($"F f {execute} {read} {name.Length} 0 {content.Length}\n{name}{content}\n");
    }
}
