using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Controllers;
using IstioAdmin.Sandbox.Tests.Nodes;

namespace IstioAdmin.Sandbox.Tests.Controllers;

/// <summary>Workloads in a sandbox.</summary>
public sealed class RolloutTests
{
    private const string Web = "apis/apps/v1/namespaces/shop/deployments/web";

    [Fact]
    public async Task A_deployment_is_rolled_out_changed_paused_scaled_and_rolled_back()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Workloads.Deployment("shop", "web", 3));
        JsonObject first = await CompleteAsync(world, 1);
        Assert.Equal("True MinimumReplicasAvailable Deployment has minimum availability.", Said(first, "Available"));
        JsonObject set = Assert.Single(await SetsAsync(world));
        Assert.Equal($"True NewReplicaSetAvailable ReplicaSet \"{Meta.Name(set)}\" has successfully progressed.", Said(first, "Progressing"));
        Assert.Equal(Meta.Name(set), $"web-{Meta.Label(set, "pod-template-hash")}");
        Assert.Equal(("3", "4"), (Meta.Annotation(set, Rollout.DesiredAnnotation), Meta.Annotation(set, Rollout.MaxAnnotation)));

        await ImageAsync(world, "app:2");
        await CompleteAsync(world, 2);
        Assert.Equal([(0, "1"), (3, "2")], (await SetsAsync(world)).Select(one => (Meta.Int(one, "spec", "replicas") ?? -1, Meta.Annotation(one, Rollout.RevisionAnnotation)!)).OrderBy(one => one.Item2, StringComparer.Ordinal));

        await world.Api.PatchAsync(Web, Json.Parse("""{"spec":{"paused":true} }"""), cancel: TestContext.Current.CancellationToken);
        await ImageAsync(world, "app:3");
        JsonObject paused = await world.UntilAsync(Web, deployment => Said(deployment, "Progressing").StartsWith("Unknown DeploymentPaused", StringComparison.Ordinal), "the rollout pauses");
        Assert.Equal(2, (await SetsAsync(world)).Count);
        await world.Api.PatchAsync(Web, Json.Parse("""{"spec":{"paused":false,"replicas":5} }"""), cancel: TestContext.Current.CancellationToken);
        await CompleteAsync(world, 3);

        // Back to the first: its ReplicaSet comes to honours again, as the newest revision.
        await ImageAsync(world, "app:1");
        await CompleteAsync(world, 4);
        JsonObject again = (await SetsAsync(world)).Single(one => Meta.Name(one) == Meta.Name(set));
        Assert.Equal(("4", "1", 5), (Meta.Annotation(again, Rollout.RevisionAnnotation), Meta.Annotation(again, Rollout.HistoryAnnotation), Meta.Int(again, "status", "availableReplicas")));
        await SandboxWorld.UntilAsync(async () => (await world.Api.ListAsync("api/v1/namespaces/shop/events")).Any(one => Json.Text(one, "message") == $"Scaled up replica set {Meta.Name(set)} to 3"), "the event is there");
    }

    [Fact]
    public async Task A_rollout_that_does_not_come_about_says_so_after_its_deadline()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        world.Faults.SetUnpullable("registry.local/app:1", true);
        await world.CreateAsync(Workloads.Deployment("shop", "web", 1, """ "progressDeadlineSeconds":1, """));

        JsonObject late = await world.UntilAsync(Web, deployment => Said(deployment, "Progressing").StartsWith("False ProgressDeadlineExceeded", StringComparison.Ordinal), "the deadline is over");
        Assert.Equal("False MinimumReplicasUnavailable Deployment does not have minimum availability.", Said(late, "Available"));

        world.Faults.SetUnpullable("registry.local/app:1", false);
        await CompleteAsync(world, 1, 1);
    }

    [Fact]
    public async Task Pods_that_a_webhook_or_a_rule_refuses_are_reported_in_its_words()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync(
            """
            {"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{"name":"away"},"webhooks":[{"name":"away.example.com","failurePolicy":"Fail","sideEffects":"None",
             "admissionReviewVersions":["v1"],"timeoutSeconds":1,"clientConfig":{"url":"https://127.0.0.1:1/"},"rules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"],"scope":"*"}]}]}
            """,
            Workloads.Deployment("shop", "web", 2));

        JsonObject failed = await world.UntilAsync(Web, deployment => Meta.Condition(deployment, "ReplicaFailure") is not null, "the failure is noted");
        Assert.Contains("failed calling webhook \"away.example.com\"", Said(failed, "ReplicaFailure"), StringComparison.Ordinal);

        await world.Api.DeleteAsync("apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/away", cancel: TestContext.Current.CancellationToken);
        await CompleteAsync(world, 1, 2);
    }

    [Fact]
    public async Task A_daemon_set_has_a_pod_on_every_node_that_it_fits_and_is_changed_one_by_one()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.Api.PatchAsync("api/v1/nodes/node-3", Json.Parse("""{"spec":{"taints":[{"key":"special","effect":"NoSchedule"}]} }"""), cancel: TestContext.Current.CancellationToken);
        // A controller that hears of the set before it hears of the taint starts a pod there, which is then misplaced and stays.
        await SandboxWorld.UntilAsync(
            () => Task.FromResult(world.Cluster.Controllers.Context.Informers.Of("api/v1/nodes").Find("node-3") is { } node && Meta.Items(node, "spec", "taints").Any()), "controllers know of the taint");
        const string path = "apis/apps/v1/namespaces/shop/daemonsets/agent";
        await world.CreateAsync(Workloads.DaemonSet("shop", "agent"));
        JsonObject set = await world.UntilAsync(path, one => Meta.Int(one, "status", "numberAvailable") == 2, "two pods are there");
        Assert.Equal((2, 2, 0), (Meta.Int(set, "status", "desiredNumberScheduled"), Meta.Int(set, "status", "updatedNumberScheduled"), Meta.Int(set, "status", "numberMisscheduled")));

        await world.Api.PatchAsync("api/v1/nodes/node-3", Json.Parse("""{"spec":{"taints":null} }"""), cancel: TestContext.Current.CancellationToken);
        await world.UntilAsync(path, one => Meta.Int(one, "status", "numberAvailable") == 3, "the third is there");
        await world.Api.PatchAsync(path, Json.Parse("""{"spec":{"template":{"metadata":{"annotations":{"changed":"yes"} } } } }"""), cancel: TestContext.Current.CancellationToken);
        await world.UntilAsync(path, one => Meta.Int(one, "status", "updatedNumberScheduled") == 3 && Meta.Int(one, "status", "numberAvailable") == 3 && Meta.Int(one, "status", "observedGeneration") == 2, "all are new");
        Assert.Equal([1, 2], (await world.Api.ListAsync("apis/apps/v1/namespaces/shop/controllerrevisions", TestContext.Current.CancellationToken)).Select(one => Meta.Int(one, "revision") ?? 0).Order());
    }

    [Fact]
    public async Task A_stateful_set_starts_and_changes_its_pods_in_order()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        const string path = "apis/apps/v1/namespaces/shop/statefulsets/db";
        await world.CreateAsync(Workloads.StatefulSet("shop", "db", 3));
        JsonObject set = await world.UntilAsync(path, one => Meta.Int(one, "status", "readyReplicas") == 3, "all are ready");
        string revision = Json.Text(set, "status", "currentRevision")!;

        await world.Api.PatchAsync(path, Json.Parse("""{"spec":{"updateStrategy":{"rollingUpdate":{"partition":2} },"template":{"metadata":{"annotations":{"changed":"yes"} } } } }"""), cancel: TestContext.Current.CancellationToken);
        set = await world.UntilAsync(path, one => Meta.Int(one, "status", "updatedReplicas") == 1 && Meta.Int(one, "status", "readyReplicas") == 3, "the last one is new");
        Assert.Equal((2, revision), (Meta.Int(set, "status", "currentReplicas"), Json.Text(set, "status", "currentRevision")));

        await world.Api.PatchAsync(path, Json.Parse("""{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0} } } }"""), cancel: TestContext.Current.CancellationToken);
        set = await world.UntilAsync(path, one => Meta.Int(one, "status", "updatedReplicas") == 3 && Json.Text(one, "status", "currentRevision") == Json.Text(one, "status", "updateRevision"), "all are new");
        Assert.NotEqual(revision, Json.Text(set, "status", "currentRevision"));
        Assert.Equal(["db-0", "db-1", "db-2"], (await world.Api.ListAsync("api/v1/namespaces/shop/pods", TestContext.Current.CancellationToken)).Select(Meta.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_job_runs_its_pods_to_their_end()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Workloads.Job("shop", "once", 3, 2));

        JsonObject job = await world.UntilAsync("apis/batch/v1/namespaces/shop/jobs/once", one => Meta.Condition(one, "Complete") is not null, "it is complete");

        Assert.Equal((3, null), (Meta.Int(job, "status", "succeeded"), Meta.Int(job, "status", "active")));
    }

    [Fact]
    public async Task Services_have_endpoints_addresses_and_budgets_count_what_may_be_disrupted()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        world.Faults.LoadBalancersPending = true;
        await world.CreateAsync(Workloads.Deployment("shop", "web", 3), Workloads.Service("shop", "web"), Workloads.Budget("shop", "web", 2));
        await CompleteAsync(world, 1);

        await world.UntilAsync("apis/policy/v1beta1/namespaces/shop/poddisruptionbudgets/web", one => Meta.Int(one, "status", "disruptionsAllowed") == 1, "one may go");
        JsonObject endpoints = await world.UntilAsync("api/v1/namespaces/shop/endpoints/web", one => Meta.Items(one, "subsets").SelectMany(subset => Meta.Items(subset, "addresses")).Count() == 3, "three are ready");
        Assert.Equal(8080, Meta.Int(Meta.Items(endpoints, "subsets").Single(), "ports") ?? Meta.Int(Meta.Items(Meta.Items(endpoints, "subsets").Single(), "ports").Single(), "port"));
        string pod = Json.Text(Meta.Items(Meta.Items(endpoints, "subsets").Single(), "addresses").First(), "targetRef", "name")!;
        world.Faults.SetUnready($"shop/{pod}", true);
        await world.UntilAsync("api/v1/namespaces/shop/endpoints/web", one => Meta.Items(one, "subsets").SelectMany(subset => Meta.Items(subset, "notReadyAddresses")).Count() == 1, "one is not");
        await world.UntilAsync("apis/policy/v1beta1/namespaces/shop/poddisruptionbudgets/web", one => Meta.Int(one, "status", "disruptionsAllowed") == 0, "none may go");

        JsonObject service = await world.Api.GetAsync("api/v1/namespaces/shop/services/web", TestContext.Current.CancellationToken);
        Assert.Empty(Meta.Items(service, "status", "loadBalancer", "ingress"));
        world.Faults.LoadBalancersPending = false;
        await world.UntilAsync("api/v1/namespaces/shop/services/web", one => Json.Text(Meta.Items(one, "status", "loadBalancer", "ingress").FirstOrDefault(), "ip") == "198.51.100.1", "it has an address");
    }

    private static async Task<JsonObject> CompleteAsync(SandboxWorld world, int revision, int? replicas = null) => await world.UntilAsync(Web, deployment =>
        Meta.Annotation(deployment, Rollout.RevisionAnnotation) == $"{revision}"
        && Meta.Generation(deployment) <= (Meta.Long(deployment, "status", "observedGeneration") ?? 0)
        && (replicas ?? Meta.Int(deployment, "spec", "replicas")) is var wanted && Meta.Int(deployment, "status", "replicas") == wanted
        && Meta.Int(deployment, "status", "updatedReplicas") == wanted && Meta.Int(deployment, "status", "availableReplicas") == wanted
        && Said(deployment, "Progressing").StartsWith("True NewReplicaSetAvailable", StringComparison.Ordinal), $"revision {revision} is complete");

    private static async Task<IReadOnlyList<JsonObject>> SetsAsync(SandboxWorld world) => await world.Api.ListAsync("apis/apps/v1/namespaces/shop/replicasets");

    private static Task<JsonObject> ImageAsync(SandboxWorld world, string image) => world.Api.PatchAsync(Web, Json.Parse($$$"""
        {"spec":{"template":{"spec":{"containers":[{"name":"app","image":"registry.local/{{{image}}}","ports":[{"containerPort":8080,"protocol":"TCP"}]}]} } } }
        """));

    private static string Said(JsonObject item, string condition) =>
        Meta.Condition(item, condition) is { } found ? $"{Json.Text(found, "status")} {Json.Text(found, "reason")} {Json.Text(found, "message")}" : "";
}
