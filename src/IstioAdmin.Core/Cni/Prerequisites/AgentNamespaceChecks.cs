using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Cni.Prerequisites;

/// <summary>Checks whether the agents' pods are admitted in their namespace: they mount host directories, and the first releases use the host's network.</summary>
internal sealed class AgentNamespaceChecks
{
    public const string Enforce = "pod-security.kubernetes.io/enforce";
    private static readonly KubeResource Policies = new("policy", "v1beta1", "podsecuritypolicies", "PodSecurityPolicy", false);
    private static readonly KubeResource Constraints = new("security.openshift.io", "v1", "securitycontextconstraints", "SecurityContextConstraints", false);

    private readonly MeshCluster _cluster;
    private readonly CniTarget _target;

    public AgentNamespaceChecks(MeshCluster cluster, CniTarget target) => (_cluster, _target) = (cluster, target);

    public async Task<IReadOnlyList<PrerequisiteResult>> MakeAsync(CancellationToken cancel)
    {
        string ns = _target.AgentNamespace;
        List<PrerequisiteResult> results = [await GuardedAsync(Prerequisite.PodSecurity, () => SecurityAsync(ns, cancel)).ConfigureAwait(false)];
        if (await ServedAsync(Policies, cancel).ConfigureAwait(false))
            results.Add(await GuardedAsync(Prerequisite.PodSecurityPolicy, () => PoliciesAsync(ns, cancel)).ConfigureAwait(false));
        if (await ServedAsync(Constraints, cancel).ConfigureAwait(false))
            results.Add(await GuardedAsync(Prerequisite.SecurityContext, () => ConstraintsAsync(ns, cancel)).ConfigureAwait(false));
        return results;
    }

    /// <summary>The Pod Security level that a namespace enforces; null when it has no label of it.</summary>
    public static async Task<string?> EnforcedAsync(KubeClient client, string ns, CancellationToken cancel) =>
        (await client.GetAsync(KubeResource.Namespaces, null, ns, cancel).ConfigureAwait(false)).At("metadata", "labels", Enforce).Text();

    private async Task<PrerequisiteResult> SecurityAsync(string ns, CancellationToken cancel)
    {
        string? level = await EnforcedAsync(_cluster.Client, ns, cancel).ConfigureAwait(false);
        return level is null or "privileged"
            ? Prerequisite.PodSecurity.Pass(_cluster.Name, level is null ? "It has no Pod Security label; the cluster's default counts, which is privileged unless it was changed." : $"{Enforce}=privileged.", ns)
            : Prerequisite.PodSecurity.Fail(_cluster.Name, $"Its label {Enforce}={level} refuses the agents' pods.", $"kubectl label --overwrite namespace {ns} {Enforce}=privileged", ns);
    }

    private async Task<PrerequisiteResult> PoliciesAsync(string ns, CancellationToken cancel)
    {
        bool any = false;
        await foreach (JsonObject policy in _cluster.Client.ListObjectsAsync(Policies, new ListQuery(), cancel).ConfigureAwait(false))
        {
            any = true;
            // One for all authenticated accounts is what clusters without own policies have.
            if (policy.At("spec", "privileged").Flag() == true && policy.At("spec", "volumes").Texts() is { } volumes && (volumes.Contains("*") || volumes.Contains("hostPath")))
            {
                return Prerequisite.PodSecurityPolicy.Warn(_cluster.Name,
                    $"There is the policy {policy.Metadata("name")} that allows what the agent needs; whether its account may use it cannot be told from here.",
                    $"kubectl auth can-i use podsecuritypolicy/{policy.Metadata("name")} --as system:serviceaccount:{ns}:istio-cni", ns);
            }
        }
        return any
            ? Prerequisite.PodSecurityPolicy.Fail(_cluster.Name, "There are policies, and none of them allows host directories: if the admission plugin is on, the agents' pods are refused.",
                $"Make a policy that allows volumes of type hostPath and the host's network, and let system:serviceaccount:{ns}:istio-cni use it.", ns)
            : Prerequisite.PodSecurityPolicy.Pass(_cluster.Name, "There are no policies.", ns);
    }

    private async Task<PrerequisiteResult> ConstraintsAsync(string ns, CancellationToken cancel)
    {
        JsonObject? privileged = await _cluster.Client.GetAsync(Constraints, null, "privileged", cancel).ConfigureAwait(false);
        string account = $"system:serviceaccount:{ns}:istio-cni";
        bool granted = privileged?["users"].Texts()?.Contains(account) == true || privileged?["groups"].Texts()?.Contains($"system:serviceaccounts:{ns}") == true;
        if (granted)
            return Prerequisite.SecurityContext.Pass(_cluster.Name, $"{account} may use it.", ns);
        return _target.Operator.Cni.AgentResource is not null
            ? Prerequisite.SecurityContext.Warn(_cluster.Name, $"{account} is not listed in it; the operator's chart binds a role for it.", $"If the agents' pods are refused: oc adm policy add-scc-to-user privileged -z istio-cni -n {ns}", ns)
            : Prerequisite.SecurityContext.Fail(_cluster.Name, $"{account} is not listed in it, so the agents' pods are refused unless a role grants it.", $"oc adm policy add-scc-to-user privileged -z istio-cni -n {ns}", ns);
    }

    private async Task<bool> ServedAsync(KubeResource resource, CancellationToken cancel) =>
        await _cluster.Client.FindResourceAsync(resource.ApiVersion, resource.Kind, cancel).ConfigureAwait(false) is not null;

    private async Task<PrerequisiteResult> GuardedAsync(Prerequisite check, Func<Task<PrerequisiteResult>> make)
    {
        try
        {
            return await make().ConfigureAwait(false);
        }
        catch (MeshException e)
        {
            return check.Unknown(_cluster.Name, e);
        }
    }
}
