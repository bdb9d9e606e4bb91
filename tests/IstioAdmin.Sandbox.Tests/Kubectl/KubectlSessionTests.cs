using System.Text.RegularExpressions;
using IstioAdmin.Sandbox.Tests.Api;
using IstioAdmin.Testing;

namespace IstioAdmin.Sandbox.Tests.Kubectl;

/// <summary>
/// The same commands (<c>session.txt</c>) print the same, whether a sandbox answers or a real API server; ages, uids and versions apart.
/// A line <c>&lt;TEXT</c> is the input of the command before it; <c>~PATH TEXT</c> waits until both answer the path with the text.
/// </summary>
public partial class KubectlSessionTests(Testbed testbed)
{
    [Fact]
    public async Task A_session_prints_the_same_as_with_a_real_API_server()
    {
        await using ControlPlane real = await testbed.StartControlPlaneAsync(controllers: false);
        await using ApiWorld sandbox = await ApiWorld.StartAsync();
        string directory = Path.Combine(TestbedScripts.Directory, "..", "IstioAdmin.Sandbox.Tests", "Kubectl");
        var differences = new List<string>();

        foreach ((string command, string? input) in ReadSession(Path.Combine(directory, "session.txt")))
        {
            if (command[0] == '~')
            {
                string[] words = command[1..].Split(' ');
                foreach (string kubeconfig in (string[])[real.Kubeconfig, sandbox.Kubeconfig])
                    await Eventually.BecomesTrueAsync(async () => (await RunAsync(kubeconfig, ["get", "--raw", words[0]], null)).Contains(words[1], StringComparison.Ordinal), command);
                continue;
            }
            string[] arguments = [.. command.Replace("{namespace}", "session", StringComparison.Ordinal).Split(' ').Select(word => word.EndsWith(".yaml", StringComparison.Ordinal) ? Path.Combine(directory, word) : word)];
            string? text = input?.Replace("{namespace}", "session", StringComparison.Ordinal);
            string expected = Normalize(await RunAsync(real.Kubeconfig, arguments, text));
            string actual = Normalize(await RunAsync(sandbox.Kubeconfig, arguments, text));
            if (expected != actual)
                differences.Add($"$ kubectl {command}\n--- real\n{expected}\n--- sandbox\n{actual}");
        }

        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
    }

    private static async Task<string> RunAsync(string kubeconfig, string[] arguments, string? input)
    {
        ProgramResult result = await TestbedScripts.TryRunAsync(Path.Combine(TestbedScripts.Home, "bin", "kubectl"), ["--kubeconfig", kubeconfig, .. arguments], input);
        return $"{result.Output}{result.Error}[{result.ExitCode}]";
    }

    private static IEnumerable<(string Command, string? Input)> ReadSession(string path)
    {
        string[] lines = [.. File.ReadAllLines(path).Where(line => line.Length > 0 && line[0] != '#')];
        for (int at = 0; at < lines.Length; at++)
        {
            if (lines[at][0] != '<')
                yield return (lines[at], at + 1 < lines.Length && lines[at + 1][0] == '<' ? lines[at + 1][1..] : null);
        }
    }

    private static string Normalize(string text)
    {
        text = Uid().Replace(text, "<uid>");
        text = Time().Replace(text, "<time>");
        text = Version().Replace(text, "$1\"<version>\"");
        text = Server().Replace(text, "<server>");
        text = Scratch().Replace(text, "$1");
        text = Age().Replace(text, "<age>");
        return Spaces().Replace(text, " ").Replace(" \n", "\n", StringComparison.Ordinal);
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uid();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[. \d+A-Z]*")]
    private static partial Regex Time();

    [GeneratedRegex("(resourceVersion\"?: ?)\"\\d+\"")]
    private static partial Regex Version();

    [GeneratedRegex(@"https://127\.0\.0\.1:\d+")]
    private static partial Regex Server();

    [GeneratedRegex(@"/tmp/(LIVE|MERGED)-\d+")]
    private static partial Regex Scratch();

    [GeneratedRegex(@"(?<=[ \t])(\d+[smhd])+(?=[ \t\n])")]
    private static partial Regex Age();

    [GeneratedRegex("[ \t]{2,}")]
    private static partial Regex Spaces();
}
