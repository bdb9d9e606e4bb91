using System.Diagnostics;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Bench;

[Collection(MeshNode.Collection)]
public sealed class TeardownTests(Testbed testbed)
{
    [Fact]
    public async Task Nothing_is_left_of_a_node_whose_owner_was_killed()
    {
        await testbed.StopNodeAsync();
        Machine before = await Machine.LookAsync();
        using Process owner = Process.Start("sleep", "600");
        MeshNode node = await testbed.StartNodeAsync(owner.Id);
        string ns = await node.ControlPlane.CreateNamespaceAsync();
        await node.RunPodsAsync(ns, "init-container");
        Assert.NotEqual(before, await Machine.LookAsync());

        owner.Kill();

        await AssertGoneAsync(node.ControlPlane.Directory);
        Assert.Equal(before, await Machine.LookAsync());
    }

    [Fact]
    public async Task Nothing_is_left_of_a_node_that_was_taken_down()
    {
        await testbed.StopNodeAsync();
        Machine before = await Machine.LookAsync();
        MeshNode node = await testbed.StartNodeAsync();
        string ns = await node.ControlPlane.CreateNamespaceAsync();
        await node.RunPodsAsync(ns, "cni");

        await node.DisposeAsync();

        await AssertGoneAsync(node.ControlPlane.Directory);
        Assert.Equal(before, await Machine.LookAsync());
    }

    private static async Task AssertGoneAsync(string directory)
    {
        await Eventually.BecomesTrueAsync(() => !Directory.Exists(directory), $"{directory} was removed");
        await Eventually.BecomesTrueAsync(() => !ProcessesNaming(directory).Any(), $"no process names {directory}");
    }

    private static IEnumerable<string> ProcessesNaming(string directory)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            string commandLine;
            try
            {
                commandLine = File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (IOException)
            {
                continue; // it has ended meanwhile
            }
            if (commandLine.Contains(directory, StringComparison.Ordinal))
                yield return commandLine;
        }
    }
}
