using System.Diagnostics;
using System.Text;
using IstioAdmin.Core.Cni;

namespace IstioAdmin.Core.Tests.Cni;

/// <summary>The script, run by this machine's sh on directories of the test's own.</summary>
public sealed class NodeFileScriptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;

    public static bool HasShell => OperatingSystem.IsLinux();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(SkipUnless = nameof(HasShell), Skip = "The script is for Linux.")]
    public async Task Files_links_and_directories_come_back_as_they_are()
    {
        const string odd = "{\"name\": \"a\"}\nF f x c 1 1 1\nE\n\u00e9";
        Write("20-odd.conf", odd);
        Write("10-main.conflist", "{}\n");
        Write("ignored.txt", "secret");
        Write(".hidden.conf", "h");
        Write("name with  blanks.json", "[]");
        File.CreateSymbolicLink(Path.Combine(_folder, "30-link.conf"), "10-main.conflist");
        File.CreateSymbolicLink(Path.Combine(_folder, "40-gone.conf"), "/nowhere/at/all");
        Directory.CreateDirectory(Path.Combine(_folder, "sub.conf"));

        NodeDirectory read = Assert.Single(await RunAsync(_folder));

        Assert.Equal([".hidden.conf", "10-main.conflist", "20-odd.conf", "30-link.conf", "40-gone.conf", "ignored.txt", "name with  blanks.json", "sub.conf"], read.Files.Select(file => file.Name));
        Assert.Equal(odd, read.Files[2].Content);
        Assert.Equal((NodeFileType.Link, "10-main.conflist", "{}"), (read.Files[3].Type, read.Files[3].LinkTarget, read.Files[3].Content));
        Assert.Null(read.Files[4].Content);
        Assert.Contains("not there", read.Files[4].Problem, StringComparison.Ordinal);
        Assert.Null(read.Files[5].Content);
        Assert.Equal(NodeFileType.Directory, read.Files[7].Type);
    }

    [Fact(SkipUnless = nameof(HasShell), Skip = "The script is for Linux.")]
    public async Task Of_a_kubeconfig_only_the_payload_of_its_token_is_read()
    {
        Write("ZZZ-istio-cni-kubeconfig", "users:\n- name: istio-cni\n  user:\n    token: \"aaa.cGF5bG9hZA.c2lnbmF0dXJl\"\n");
        Write("istio-cni-kubeconfig", "users:\n- name: istio-cni\n  user:\n    token: bbb.c2Vjb25k.c2ln\n");
        Write("other-kubeconfig", "users: []\n");

        (IReadOnlyList<NodeDirectory> read, string printed) = await RunRawAsync(_folder);

        Assert.Equal(["cGF5bG9hZA", "c2Vjb25k", ""], read[0].Files.Select(file => file.TokenPayload));
        Assert.DoesNotContain("c2lnbmF0dXJl", printed, StringComparison.Ordinal);
        Assert.DoesNotContain("aaa", printed, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(HasShell), Skip = "The script is for Linux.")]
    public async Task Directories_that_are_missing_or_empty_are_told_apart()
    {
        string empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;

        IReadOnlyList<NodeDirectory> read = await RunAsync(empty, "/nowhere/at/all");

        Assert.Equal([null, "does not exist"], read.Select(directory => directory.Problem));
        Assert.All(read, directory => Assert.Empty(directory.Files));
    }

    [Theory]
    [InlineData("")]
    [InlineData("D ok\n")]
    [InlineData("D ok\nF f - c 5 0 9\n10-a.\n")]
    [InlineData("Welcome!\nE\n")]
    [InlineData("D ok\nD ok\nE\n")]
    [InlineData("E\n")]
    public void Output_that_breaks_off_or_is_something_else_is_refused(string output) =>
        Assert.Throws<FormatException>(() => NodeFileScript.Read(Encoding.UTF8.GetBytes(output), ["/etc/cni/net.d"]));

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder, name), content);

    private static async Task<IReadOnlyList<NodeDirectory>> RunAsync(params string[] directories) => (await RunRawAsync(directories)).Read;

    private static async Task<(IReadOnlyList<NodeDirectory> Read, string Printed)> RunRawAsync(params string[] directories)
    {
        IReadOnlyList<string> command = NodeFileScript.Command(directories);
        using Process shell = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true })!;
        using var output = new MemoryStream();
        await shell.StandardOutput.BaseStream.CopyToAsync(output, TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (NodeFileScript.Read(output.ToArray(), directories), Encoding.UTF8.GetString(output.ToArray()));
    }
}
