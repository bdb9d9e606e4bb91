using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>Test-PodConnection, as far as it goes without a node.</summary>
public sealed class PodConnectionTests : ModuleTest
{
    private static JsonObject Pod(bool hostNetwork)
    {
        JsonObject pod = MeshServer.Pod("shop", "web-0", "app", "istio-proxy");
        pod["spec"]!["nodeName"] = "node-1";
        pod["spec"]!["hostNetwork"] = hostNetwork;
        pod["status"]!["podIPs"] = new JsonArray(new JsonObject { ["ip"] = "10.244.1.5" });
        return pod;
    }

    [Fact]
    public async Task WhatIf_says_what_would_be_connected_and_asks_nothing_of_the_server()
    {
        await using MeshServer server = await MeshServer.StartAsync([[Pod(hostNetwork: false)]]);
        Connect(server);
        Shell.Run("$pod = Get-MeshPod web-0 -Namespace shop").ThrowIfFailed();
        int before = server.Requests.Count;

        ScriptResult result = Shell.Run("Test-PodConnection $pod 10.2.0.9:80 -WhatIf").ThrowIfFailed();

        Assert.Empty(result.Output);
        Assert.Equal(before, server.Requests.Count);
    }

    [Theory]
    [InlineData(true, "10.2.0.9:80", "PodUsesHostNetwork")]
    [InlineData(false, "nobody:80", "TargetNotFound")]
    [InlineData(false, "10.2.0.9:80 -UserId root", "InvalidValue")]
    [InlineData(false, "10.2.0.9:80", "InspectorImageNeeded")]
    public async Task What_cannot_be_connected_is_an_error(bool hostNetwork, string arguments, string error)
    {
        // The image of its sidecar has no shell.
        JsonObject pod = Pod(hostNetwork);
        pod["spec"]!["containers"]![1]!["image"] = "istio/proxyv2:1.24.0-distroless";
        await using MeshServer server = await MeshServer.StartAsync([[pod]]);
        Connect(server);

        ScriptResult result = Shell.Run($"Get-MeshPod web-0 -Namespace shop | Test-PodConnection -To {arguments}");

        Assert.Empty(result.Output);
        ErrorRecord record = result.Errors.SingleOrDefault() ?? ((IContainsErrorRecord)result.Terminating!).ErrorRecord;
        Assert.StartsWith(error, record.FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
