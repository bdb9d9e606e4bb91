using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Module.Tests;

/// <summary>Test-PodRedirection and Get-PodIptables, with rules from the logs of istio-init and from dumps, which take no node.</summary>
public sealed class PodRedirectionTests : ModuleTest
{
    private static JsonObject Pod(string name, string address)
    {
        JsonObject pod = MeshServer.Pod("shop", name, "app", "istio-proxy");
        pod["metadata"]!["annotations"] = new JsonObject { ["sidecar.istio.io/status"] = "{}" };
        pod["spec"]!["nodeName"] = "node-1";
        pod["spec"]!["containers"]![1]!["image"] = "istio/proxyv2:1.27.0";
        pod["spec"]!["containers"]![1]!["securityContext"] = new JsonObject { ["runAsUser"] = 1337, ["runAsGroup"] = 1337 };
        pod["spec"]!["initContainers"] = new JsonArray(new JsonObject
        {
            ["name"] = "istio-init",
            ["image"] = "istio/proxyv2:1.27.0",
            ["args"] = new JsonArray("istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020"),
        });
        pod["status"]!["podIP"] = address;
        pod["status"]!["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address });
        return pod;
    }

    private Task<MeshServer> StartAsync()
    {
        string log = Saved();
        return MeshServer.StartAsync([[Pod("web-0", "10.244.1.5"), Pod("web-1", "10.244.1.6"), MeshServer.Pod("shop", "plain", "app")]], before: async http =>
        {
            if (http.Request.Path.Value?.EndsWith("/log", StringComparison.Ordinal) != true)
                return;
            http.Response.ContentType = "text/plain";
            // The rules of the second pod lost their way in.
            bool broken = http.Request.Path.Value.Contains("web-1", StringComparison.Ordinal);
            await http.Response.WriteAsync(broken ? log.Replace("-A PREROUTING -p tcp -j ISTIO_INBOUND\n", "", StringComparison.Ordinal) : log);
        });
    }

    /// <summary>The rules that Istio writes by these arguments, as iptables-save prints them.</summary>
    private string Saved() => (string)Assert.Single(Shell.Run(
        "(New-PodRedirectionRule -Writer InitContainer | ConvertTo-IptablesSave) -join \"`n\"").ThrowIfFailed().Output).BaseObject;

    [Fact]
    public async Task Every_pod_gets_a_verdict_and_the_broken_one_its_packet()
    {
        await using MeshServer server = await StartAsync();
        Connect(server);

        ScriptResult result = Shell.Run("Get-MeshPod -Namespace shop | Test-PodRedirection -Source InitLog").ThrowIfFailed();

        Dictionary<string, PSObject> byName = result.Output.ToDictionary(one => (string)one.Properties["Name"].Value);
        string VerdictOf(string name) => $"{byName[name].Properties["Verdict"].Value}";
        Assert.Equal(("NotExpected", "Redirected", "Partial"), (VerdictOf("plain"), VerdictOf("web-0"), VerdictOf("web-1")));
        string finding = $"{((object[])byName["web-1"].Properties["Escapes"].Value)[0]}";
        Assert.Contains("past the proxy", finding, StringComparison.Ordinal);
        Assert.Contains("no rule redirects it", finding, StringComparison.Ordinal);
        Assert.Equal("InitLog", $"{Shell.Run("$args[0].Evidence.Source", byName["web-0"]).ThrowIfFailed().Output[0]}");
    }

    [Fact]
    public async Task What_was_found_bad_is_tested_again()
    {
        await using MeshServer server = await StartAsync();
        Connect(server);

        ScriptResult result = Shell.Run(
            "Get-MeshPod -Namespace shop | Test-PodRedirection -Source InitLog | Where-Object Verdict -eq Partial | Test-PodRedirection -Source InitLog").ThrowIfFailed();

        Assert.Equal(("web-1", "Partial"), (Assert.Single(result.Output).Properties["Name"].Value, $"{result.Output[0].Properties["Verdict"].Value}"));
    }

    [Fact]
    public async Task Quiet_is_one_answer_and_a_failure_is_none_of_good()
    {
        await using MeshServer server = await StartAsync();
        Connect(server);

        ScriptResult good = Shell.Run("Test-PodRedirection web-0, plain -Namespace shop -Source InitLog -Quiet");
        ScriptResult bad = Shell.Run("Test-PodRedirection web-* -Namespace shop -Source InitLog -Quiet");
        ScriptResult absent = Shell.Run("Test-PodRedirection nobody -Source InitLog -Quiet");

        Assert.Equal([true], good.Output.Select(one => one.BaseObject));
        Assert.Equal([false], bad.Output.Select(one => one.BaseObject));
        Assert.Equal([false], absent.Output.Select(one => one.BaseObject));
        Assert.Equal("PodNotFound,IstioAdmin.Commands.TestPodRedirectionCommand", Assert.Single(absent.Errors).FullyQualifiedErrorId);
    }

    [Fact]
    public async Task What_could_not_be_read_is_unverified_and_says_what_is_missing()
    {
        await using MeshServer server = await MeshServer.StartAsync([[Pod("web-0", "10.244.1.5")]], before: async http =>
        {
            if (http.Request.Path.Value?.EndsWith("/log", StringComparison.Ordinal) != true)
                return;
            http.Response.StatusCode = 403;
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync("""
                {"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,
                 "message":"pods \"web-0\" is forbidden: User \"u\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"shop\""}
                """);
        });
        Connect(server);

        ScriptResult result = Shell.Run("$r = Test-PodRedirection web-0 -Namespace shop -Source InitLog; \"$($r.Verdict) $($r.Findings[0].Severity)\"; $r.Findings[0].Remedy").ThrowIfFailed();

        Assert.Equal("Unverified Error", result.Output[0].BaseObject);
        Assert.Contains("pods/log", (string)result.Output[1].BaseObject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dump_that_somebody_sent_is_judged_for_the_pod_that_is_named()
    {
        await using MeshServer server = await StartAsync();
        Connect(server);
        string file = Path.Combine(server.Folder, "web-0.save");
        await File.WriteAllTextAsync(file, Saved(), TestContext.Current.CancellationToken);

        ScriptResult good = Shell.Run("(Test-PodRedirection web-0 -Namespace shop -RulesFrom $args[0]).Verdict", file);
        ScriptResult text = Shell.Run("(Test-PodRedirection web-0 -Namespace shop -RulesFrom ($args[0] -replace '15006', '15007')).Verdict", Saved());
        ScriptResult several = Shell.Run("Test-PodRedirection -Namespace shop -RulesFrom $args[0]", file);
        ScriptResult nothing = Shell.Run("Test-PodRedirection web-0 -Namespace shop -RulesFrom ./none.save");

        Assert.Equal("Redirected", $"{Assert.Single(good.Output)}");
        Assert.Equal("Partial", $"{Assert.Single(text.Output)}");
        Assert.StartsWith("DumpOfOnePod,", Assert.Single(several.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("DumpNotReadable,", Assert.Single(nothing.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rules_go_on_to_the_inspectors_cmdlets()
    {
        await using MeshServer server = await StartAsync();
        Connect(server);

        ScriptResult result = Shell.Run("""
            $rules = Get-PodIptables web-1 -Namespace shop -Source InitLog
            "$($rules.Namespace)/$($rules.Name) $($rules.Family) $($rules.Source)"
            ($rules | Find-IptablesEscape Inbound tcp -RedirectedTo 15006).Verdict
            ($rules | Trace-IptablesPacket Inbound tcp -DestinationPort 80).Verdict
            Get-PodIptables web-1 -Namespace shop -Source InitLog -Raw
            """).ThrowIfFailed();

        Assert.Equal("shop/web-1 IPv4 InitLog", result.Output[0].BaseObject);
        Assert.Equal("Escapes", $"{result.Output[1]}");
        Assert.StartsWith("delivered as sent", $"{result.Output[2]}", StringComparison.Ordinal);
        Assert.Contains("-A ISTIO_INBOUND", (string)result.Output[3].BaseObject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_without_a_log_is_an_error_about_that_pod()
    {
        await using MeshServer server = await StartAsync();
        Connect(server);

        ScriptResult result = Shell.Run("Get-PodIptables plain, web-0 -Namespace shop -Source InitLog");

        Assert.Single(result.Output);
        Assert.Equal("shop/plain", $"{Assert.Single(result.Errors).TargetObject}");
    }
}
