using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Sandbox.Operators.Banzai;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>On a real API server.</summary>
[Collection(OperatorBed.Collection)]
public sealed class FailureOnRealServerTests(RealOperatorBed bed) : FailureTests(bed)
{
    private const string Definition = "apis/apiextensions.k8s.io/v1/customresourcedefinitions/istios.istio.banzaicloud.io";

    // Not on the sandbox, which calls no conversion webhooks.
    [Fact]
    public async Task The_definition_converts_through_a_webhook_that_is_not_there()
    {
        Shell.Get($"{Install} -Timeout 60");
        JsonObject definition = await Bed.Api.GetAsync(Definition, cancel: Cancel);
        var broken = (JsonObject)definition["spec"]!.DeepClone();
        var other = (JsonObject)broken["versions"]![0]!.DeepClone();
        (other["name"], other["storage"], broken["versions"]![0]!["storage"]) = ("v1beta2", true, false);
        broken["versions"]!.AsArray().Add(other);
        broken["conversion"] = Parse("""{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1"],"clientConfig":{"url":"https://127.0.0.1:9/convert"}}}""");
        await Bed.Api.PatchAsync(Definition, new JsonObject { ["spec"] = broken }, cancel: Cancel);
        await Eventually.BecomesTrueAsync(async () => await Bed.Api.FindAsync("apis/istio.banzaicloud.io/v1beta2/istios") is not null, "both versions are served");
        Says(Shell.Fail($"{New} -Timeout 8"), "conversion webhook");

        broken["conversion"] = Parse("""{"strategy":"None","webhook":null}""");
        await Bed.Api.PatchAsync(Definition, new JsonObject { ["spec"] = broken.DeepClone() }, cancel: Cancel);
        await Eventually.BecomesTrueAsync(() => Shell.Run($"{New} -Timeout 60").Errors.Count == 0, "the mesh is there");
        Assert.NotNull(await Bed.Api.FindAsync(Mesh, cancel: Cancel));
    }
}

/// <summary>On the sandbox, which is to be no different.</summary>
[Collection(OperatorBed.Collection)]
public sealed class FailureOnSandboxTests(SandboxOperatorBed bed) : FailureTests(bed);

/// <summary>What goes wrong outside of the module: the error says what to do, and when that is done the same command completes.</summary>
public abstract class FailureTests(OperatorBed bed) : IAsyncLifetime
{
    protected OperatorBed Bed => bed;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected const string Install = "Install-IstioOperator Banzai -Version 1.1";
    protected const string New = "New-IstioMesh mesh -Version 1.1.5 -Mtls";
    private const string Enable = "Enable-IstioCni -ExcludeNamespace istio-system, kube-system";
    protected const string Mesh = "apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/istios/mesh";

    private MeshShell? _shell;

    private protected MeshShell Shell => _shell ??= new MeshShell(bed.ControlPlane.Kubeconfig);

    public async ValueTask InitializeAsync() => await bed.ResetAsync();

    public ValueTask DisposeAsync()
    {
        _shell?.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_operators_image_cannot_be_pulled()
    {
        bed.Unpullable = "docker.io/banzaicloud/istio-operator*";
        Shell.Run($"{Install} -NoWait").ThrowIfFailed();
        await Eventually.BecomesTrueAsync(async () => (await bed.Api.ListAsync("api/v1/namespaces/istio-system/pods", Cancel)).Any(pod => $"{pod["status"]}".Contains("Pull", StringComparison.Ordinal)), "the pod has its reason");
        Says(Shell.Fail($"{Install} -Timeout 8"), "docker.io/banzaicloud/istio-operator:0.1.21", "pull");

        bed.Unpullable = null;
        Shell.Get($"{Install} -Timeout 60");
    }

    [Fact]
    public async Task The_operators_webhook_cannot_be_reached()
    {
        Shell.Get($"{Install} -Timeout 60");
        await GuardedAsync();
        bed.Unpullable = "*";
        await bed.KillAsync<BanzaiOperator>();
        Says(Shell.Fail($"{New} -Timeout 8"), "failed calling webhook", "istio.validation.banzaicloud.io");

        bed.Unpullable = null;
        await Eventually.BecomesTrueAsync(() => bed.Running<BanzaiOperator>().Count == 1, "the operator is back");
        Shell.Get($"{New} -Timeout 60");
    }

    [Fact]
    public async Task The_namespace_is_on_its_way_out()
    {
        await bed.CreateNamespaceAsync("istio-system");
        await bed.Api.PostAsync("api/v1/namespaces/istio-system/configmaps", Parse("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"held","finalizers":["example.com/held"]}}"""), cancel: Cancel);
        await bed.Api.DeleteAsync("api/v1/namespaces/istio-system", cancel: Cancel);
        Says(Shell.Fail($"{Install} -Timeout 8"), "istio-system", "terminat");

        await bed.Api.PatchAsync("api/v1/namespaces/istio-system/configmaps/held", Parse("""{"metadata":{"finalizers":null}}"""), cancel: Cancel);
        await Eventually.BecomesTrueAsync(async () => await bed.Api.FindAsync("api/v1/namespaces/istio-system") is null, "the namespace is gone");
        Shell.Get($"{Install} -Timeout 60");
    }

    [Fact]
    public async Task A_quota_leaves_no_room_for_the_operators_pod()
    {
        await bed.CreateNamespaceAsync("istio-system");
        await bed.Api.PostAsync("api/v1/namespaces/istio-system/resourcequotas", Parse("""{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"full"},"spec":{"hard":{"pods":"0"}}}"""), cancel: Cancel);
        await Eventually.BecomesTrueAsync(async () =>
            (await bed.Api.GetAsync("api/v1/namespaces/istio-system/resourcequotas/full"))["status"]?["hard"] is not null, "the quota counts");
        Shell.Run($"{Install} -NoWait").ThrowIfFailed();
        await Eventually.BecomesTrueAsync(async () => (await bed.Api.ListAsync("api/v1/namespaces/istio-system/events", Cancel)).Any(told => $"{told["message"]}".Contains("exceeded quota", StringComparison.Ordinal)), "an event tells why");
        Says(Shell.Fail($"{Install} -Timeout 8"), "exceeded quota: full");

        await bed.Api.DeleteAsync("api/v1/namespaces/istio-system/resourcequotas/full", cancel: Cancel);
        Shell.Get($"{Install} -Timeout 90");
    }

    [Fact]
    public async Task Somebody_else_manages_a_field_of_the_mesh()
    {
        Shell.Get($"{Install} -Timeout 60");
        Shell.Get($"{New} -Timeout 60");
        await bed.Api.PatchAsync(Mesh, Parse("""{"spec":{"outboundTrafficPolicy":{"mode":"ALLOW_ANY"},"includeIPRanges":"10.0.0.0/8"}}"""), "gitops", cancel: Cancel);
        Says(Shell.Fail("Set-IstioMesh mesh -IncludeIPRange 10.1.0.0/16 -Timeout 30"), "gitops", "includeIPRanges", "-Force");

        Shell.Get("Set-IstioMesh mesh -IncludeIPRange 10.1.0.0/16 -Force -Timeout 60");
    }

    [Fact]
    public void A_second_mesh_is_more_than_the_operator_takes()
    {
        Shell.Get($"{Install} -Timeout 60");
        Shell.Get($"{New} -Timeout 60");

        Says(Shell.Fail("New-IstioMesh other -Version 1.1.5 -Mtls -Timeout 10"), "already");
    }

    [Fact]
    public async Task A_load_balancer_that_gets_no_address_is_named()
    {
        Shell.Get($"{Install} -Timeout 60");
        bed.LoadBalancers = false;
        Shell.Run($"{New} -NoWait").ThrowIfFailed();
        await Eventually.BecomesTrueAsync(async () => (string?)(await bed.Api.GetAsync(Mesh))["status"]?["Status"] == "ReconcileFailed", "the operator complains");
        Says(Shell.Fail("Wait-IstioMesh -Timeout 20"), "ingress gateway endpoint address is pending", "LoadBalancer");

        bed.LoadBalancers = true;
        Shell.Get($"{New} -Timeout 60");
    }

    [Fact]
    public async Task Interrupted_in_each_wait_the_next_run_completes()
    {
        bed.Unpullable = "docker.io/banzaicloud/istio-operator*";
        await InterruptAsync($"{Install} -Timeout 60", async () => (await bed.Api.ListAsync("api/v1/namespaces/istio-system/pods")).Any(pod => pod["status"]!["containerStatuses"] is not null));
        bed.Unpullable = null;
        Shell.Get($"{Install} -Timeout 60");

        bed.LoadBalancers = false;
        await InterruptAsync($"{New} -Timeout 60", async () => (string?)(await bed.Api.FindAsync(Mesh))?["status"]?["Status"] == "ReconcileFailed");
        bed.LoadBalancers = true;
        Shell.Get($"{New} -Timeout 60");

        bed.Unpullable = "gcr.io/istio-release/install-cni*";
        await InterruptAsync($"{Enable} -Timeout 60", async () => (int?)(await bed.Api.FindAsync(OperatorCase.Banzai.Agents))?["status"]?["desiredNumberScheduled"] == 2);
        bed.Unpullable = null;
        Shell.Get($"{Enable} -Timeout 60");

        await HoldAsync();
        await InterruptAsync("Remove-IstioMesh -Confirm:$false -Timeout 60", async () => (await bed.Api.GetAsync(Mesh))["metadata"]!["deletionTimestamp"] is not null);
        bed.Faults.Hang = false;
        Assert.All(Shell.Run("Remove-IstioMesh -Confirm:$false -Timeout 60").Errors, error => Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category));
        Assert.Null(await bed.Api.FindAsync(Mesh, cancel: Cancel));
    }

    [Fact]
    public async Task A_mesh_that_a_killed_operator_left_goes_with_its_finalizer()
    {
        Shell.Get($"{Install} -Timeout 60");
        Shell.Get($"{New} -Timeout 60");
        await HoldAsync();
        await bed.KillAsync<BanzaiOperator>();
        bed.Faults.Hang = false;
        await Eventually.BecomesTrueAsync(() => bed.Running<BanzaiOperator>().Count == 1, "the operator is back");

        Says(Shell.Fail("Remove-IstioMesh -Confirm:$false -Timeout 8"), "finalizer");
        Says(Shell.Fail("Uninstall-IstioOperator Banzai -Confirm:$false -Timeout 8"), "-Force");
        Shell.Run("Uninstall-IstioOperator Banzai -Force -ReleaseFinalizer -IncludeCrd -IncludeNamespace -Confirm:$false -Timeout 15").ThrowIfFailed();

        Assert.Null(await bed.Api.FindAsync(Mesh, cancel: Cancel));
        Assert.Null(await bed.Api.FindAsync("apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector", cancel: Cancel));
    }

    /// <summary>From here on a round is under way that does not come to its end.</summary>
    private async Task HoldAsync()
    {
        int held = bed.Faults.Held;
        bed.Faults.Hang = true;
        await bed.Api.PatchAsync(Mesh, Parse("""{"spec":{"galley":{"replicaCount":2}}}"""), cancel: Cancel);
        // The status may tell of an earlier round, which ends.
        await Eventually.BecomesTrueAsync(() => bed.Faults.Held > held, "a round is held");
    }

    private async Task InterruptAsync(string script, Func<Task<bool>> moment) =>
        Assert.True(await Shell.InterruptAsync(script, moment), $"{script} had ended before it could be interrupted");

    private Task GuardedAsync() => Eventually.BecomesTrueAsync(
        async () => await bed.Api.FindAsync("apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/istio-operator-webhook") is not null, "the operator guards its resource");

    /// <summary>The error is our own, has a remedy, and says these words.</summary>
    protected static void Says(ErrorRecord error, params string[] words)
    {
        string said = MeshShell.Words(error);
        TestContext.Current.TestOutputHelper?.WriteLine($"SAID {said}");
        Assert.All(words, word => Assert.Contains(word, said, StringComparison.OrdinalIgnoreCase));
        Assert.False(string.IsNullOrWhiteSpace(error.ErrorDetails?.RecommendedAction), $"no remedy: {said}");
    }

    protected static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();
}
