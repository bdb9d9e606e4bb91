using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Module.Tests;

public sealed class PodTests : ModuleTest
{
    private static readonly JsonObject[][] Pods =
    [
        [MeshServer.Pod("default", "web-0", "web"), MeshServer.Pod("default", "web-1", "web"), MeshServer.Pod("shop", "cart", "cart", "istio-proxy")],
        [MeshServer.Pod("shop", "web-0", "web"), MeshServer.Pod("shop-test", "a.b", "web")],
    ];

    [Theory]
    [InlineData("", "default/web-0 default/web-1 shop/cart shop/web-0 shop-test/a.b")]
    [InlineData("web-0", "default/web-0 shop/web-0")]
    [InlineData("WEB-0", "default/web-0 shop/web-0")]
    [InlineData("w*", "default/web-0 default/web-1 shop/web-0")]
    [InlineData("web-?", "default/web-0 default/web-1 shop/web-0")]
    [InlineData("*-[1-9]", "default/web-1")]
    [InlineData("cart, *1", "default/web-1 shop/cart")]
    [InlineData("a?b", "shop-test/a.b")]
    [InlineData("a.*", "shop-test/a.b")]
    [InlineData("w.*", "")]
    [InlineData("'w`*'", null)]
    [InlineData("* -Namespace shop*", "shop/cart shop/web-0 shop-test/a.b")]
    [InlineData("* -Namespace shop", "shop/cart shop/web-0")]
    [InlineData("* -Namespace Shop, default", "shop/cart shop/web-0 default/web-0 default/web-1")]
    public async Task Names_and_namespaces_take_wildcards(string arguments, string? expected)
    {
        await using MeshServer server = await MeshServer.StartAsync(Pods);
        Connect(server);
        ScriptResult result = Shell.Run($"Get-MeshPod {arguments}");
        Assert.Null(result.Terminating);
        if (expected is null)
            Assert.Equal("PodNotFound,IstioAdmin.Commands.GetMeshPodCommand", Assert.Single(result.Errors).FullyQualifiedErrorId);
        else
            Assert.Empty(result.Errors);
        Assert.Equal(expected ?? "", string.Join(' ', result.Output.Select(o => o.ToString())));
    }

    [Fact]
    public async Task A_name_that_nobody_has_is_an_error_and_the_others_are_listed()
    {
        await using MeshServer server = await MeshServer.StartAsync(Pods);
        Connect(server);
        ScriptResult result = Shell.Run("Get-MeshPod nobody, cart, none*");
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Equal("PodNotFound,IstioAdmin.Commands.GetMeshPodCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal("nobody", error.TargetObject);
        Assert.Contains(server.Uri.Authority, error.ToString(), StringComparison.Ordinal);
        Assert.Single(result.Output);
    }

    [Fact]
    public async Task A_pattern_that_cannot_be_read_is_an_error_about_that_pattern()
    {
        await using MeshServer server = await MeshServer.StartAsync(Pods);
        Connect(server);
        ErrorRecord error = Assert.Single(Shell.Run("Get-MeshPod '[a'").Errors);
        Assert.Equal("InvalidPattern,IstioAdmin.Commands.GetMeshPodCommand", error.FullyQualifiedErrorId);
        Assert.Equal("[a", error.TargetObject);
    }

    [Fact]
    public async Task Exact_namespaces_selectors_and_nodes_are_left_to_the_server()
    {
        await using MeshServer server = await MeshServer.StartAsync(Pods);
        Connect(server);
        Shell.Run("Get-MeshPod -Namespace shop, shop -LabelSelector 'app in (web),tier!=x' -Node node-1").ThrowIfFailed();
        string request = Assert.Single(server.Requests, r => r.Contains("/pods", StringComparison.Ordinal));
        Assert.StartsWith("GET /api/v1/namespaces/shop/pods?", request, StringComparison.Ordinal);
        string query = Uri.UnescapeDataString(request);
        Assert.Contains("labelSelector=app in (web),tier!=x", query.Replace('+', ' '), StringComparison.Ordinal);
        Assert.Contains("fieldSelector=spec.nodeName=node-1", query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pods_without_containers_or_status_are_pods_too()
    {
        JsonObject bare = new() { ["metadata"] = new JsonObject { ["namespace"] = "default", ["name"] = "bare" } };
        JsonObject empty = new() { ["metadata"] = new JsonObject { ["namespace"] = "default", ["name"] = "empty" }, ["spec"] = new JsonObject { ["containers"] = new JsonArray() } };
        await using MeshServer server = await MeshServer.StartAsync([[bare, empty]]);
        Connect(server);
        Assert.Equal(["default/bare", "default/empty"], Shell.Run("Get-MeshPod").ThrowIfFailed().Output.Select(o => o.ToString()));
    }

    [Fact]
    public async Task The_first_pod_is_out_before_the_last_page_is_read()
    {
        using var shown = new SemaphoreSlim(0);
        await using MeshServer server = await MeshServer.StartAsync(Pods, before: http =>
            http.Request.Query.ContainsKey("continue") ? shown.WaitAsync(http.RequestAborted) : Task.CompletedTask);
        Connect(server);
        using PowerShell listing = Shell.Script("Get-MeshPod");
        var output = new PSDataCollection<PSObject>();
        output.DataAdded += (_, added) =>
        {
            if (added.Index == 0)
                shown.Release();
        };
        await Task.Factory.FromAsync(listing.BeginInvoke<PSObject, PSObject>(null, output), listing.EndInvoke).WaitAsync(Patience, Cancel);
        Assert.Equal(5, output.Count);
    }

    [Fact]
    public async Task A_pipeline_that_has_enough_ends_the_listing()
    {
        await using MeshServer server = await MeshServer.StartAsync(Pods, before: http =>
            http.Request.Query.ContainsKey("continue") ? Task.Delay(Timeout.Infinite, http.RequestAborted) : Task.CompletedTask);
        Connect(server);
        // The engine has no Select-Object; leaving the loop from within ends the pipeline in the same way.
        using PowerShell listing = Shell.Script("foreach ($once in 1) { Get-MeshPod | ForEach-Object { $_; break } }; 'went on'");
        PSDataCollection<PSObject> output = await listing.InvokeAsync().WaitAsync(Patience, Cancel);
        Assert.Equal(["default/web-0", "went on"], output.Select(o => o.ToString()));
    }

    [Fact]
    public async Task A_command_further_down_that_throws_ends_the_listing_with_its_own_error()
    {
        await using MeshServer server = await MeshServer.StartAsync(Pods, before: http =>
            http.Request.Query.ContainsKey("continue") ? Task.Delay(Timeout.Infinite, http.RequestAborted) : Task.CompletedTask);
        Connect(server);
        using PowerShell listing = Shell.Script("Get-MeshPod | ForEach-Object { throw 'enough' }");
        var failure = await Assert.ThrowsAsync<RuntimeException>(() => listing.InvokeAsync().WaitAsync(Patience, Cancel));
        Assert.Equal("enough", failure.Message);
    }

    [Fact]
    public async Task One_cluster_that_fails_does_not_silence_the_others()
    {
        await using MeshServer broken = await MeshServer.StartAsync(Pods, before: http =>
        {
            if (!http.Request.Path.Value!.EndsWith("/pods", StringComparison.Ordinal))
                return Task.CompletedTask;
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            http.Response.ContentType = "application/json";
            return http.Response.WriteAsync("""{"kind":"Status","status":"Failure","reason":"Forbidden","code":403,"message":"pods is forbidden"}""");
        });
        await using MeshServer sound = await MeshServer.StartAsync(Pods);
        Connect(broken, "broken");
        Connect(sound, "sound");
        ScriptResult result = Shell.Run("Get-MeshPod cart -Cluster broken, sound");
        Assert.Single(result.Output);
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.EndsWith(",IstioAdmin.Commands.GetMeshPodCommand", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(broken.Uri.Authority, error.ToString(), StringComparison.Ordinal);
    }
}
