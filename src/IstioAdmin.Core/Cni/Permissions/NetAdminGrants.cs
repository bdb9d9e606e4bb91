using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Cni.Permissions;

/// <summary>Finds what still lets the mesh's pods ask for NET_ADMIN after their istio-init is gone.</summary>
/// <remarks>
/// Pod Security Standards: kubernetes.io/docs/concepts/security/pod-security-standards (baseline forbids NET_ADMIN); PodSecurityPolicies until
/// Kubernetes 1.24; openshift/api security/v1 SecurityContextConstraints.
/// </remarks>
internal sealed class NetAdminGrants
{
    private const string Enforce = "pod-security.kubernetes.io/enforce";
    private static readonly KubeResource Policies = new("policy", "v1beta1", "podsecuritypolicies", "PodSecurityPolicy", false);
    private static readonly KubeResource Constraints = new("security.openshift.io", "v1", "securitycontextconstraints", "SecurityContextConstraints", false);
    private static readonly KubeResource Roles = new("rbac.authorization.k8s.io", "v1", "roles", "Role", true);
    private static readonly KubeResource ClusterRoles = new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);

    private readonly MeshCluster _cluster;
    private readonly IReporter _reporter;

    public NetAdminGrants(MeshCluster cluster, IReporter reporter) => (_cluster, _reporter) = (cluster, reporter);

    /// <summary>Finds them. What may not be read is passed over, with a detail that names the permission.</summary>
    public async Task<IReadOnlyList<NetAdminGrant>> FindAsync(CancellationToken cancel)
    {
        // Namespaces with sidecars, and whether a pod there asks for NET_ADMIN.
        Dictionary<string, bool> namespaces = [];
        await foreach (MeshPod pod in MeshPods.ListAsync(_cluster, new PodSelection(), _reporter, cancel).ConfigureAwait(false))
        {
            if (pod.Phase is "Succeeded" or "Failed")
                continue;
            bool meshed = namespaces.ContainsKey(pod.Namespace) || pod.Injected;
            if (meshed || pod.NetAdmin.Count > 0)
                namespaces[pod.Namespace] = namespaces.GetValueOrDefault(pod.Namespace) || pod.NetAdmin.Count > 0;
        }
        string[] free = [.. namespaces.Where(pair => !pair.Value).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        if (free.Length == 0)
            return [];
        List<NetAdminGrant> found = [];
        await TryAsync(() => LabelsAsync(free, found, cancel)).ConfigureAwait(false);
        List<(string Group, string Resource, string Name)> usable = [];
        await TryAsync(() => PoliciesAsync(free, found, usable, cancel)).ConfigureAwait(false);
        await TryAsync(() => ConstraintsAsync(free, found, usable, cancel)).ConfigureAwait(false);
        if (usable.Count > 0)
        {
            await TryAsync(() => RolesAsync(ClusterRoles, null, usable, found, cancel)).ConfigureAwait(false);
            foreach (string ns in free)
                await TryAsync(() => RolesAsync(Roles, ns, usable, found, cancel)).ConfigureAwait(false);
        }
        return found;
    }

    private async Task LabelsAsync(string[] free, List<NetAdminGrant> found, CancellationToken cancel)
    {
        foreach (string ns in free)
        {
            JsonObject? live = await _cluster.Client.GetAsync(KubeResource.Namespaces, null, ns, cancel).ConfigureAwait(false);
            if (live.At("metadata", "labels", Enforce).Text() == "privileged")
            {
                found.Add(new NetAdminGrant("Namespace", null, ns, $"label {Enforce}=privileged",
                    $"No pod in it asks for NET_ADMIN any more: if none needs host access either, set the label to baseline. Pods that it would refuse are named by: kubectl label --dry-run=server --overwrite namespace {ns} {Enforce}=baseline"));
            }
        }
    }

    private async Task PoliciesAsync(string[] free, List<NetAdminGrant> found, List<(string, string, string)> usable, CancellationToken cancel)
    {
        if (await _cluster.Client.FindResourceAsync(Policies.ApiVersion, Policies.Kind, cancel).ConfigureAwait(false) is null)
            return;
        await foreach (JsonObject policy in _cluster.Client.ListObjectsAsync(Policies, new ListQuery(), cancel).ConfigureAwait(false))
        {
            // One that lets pods be privileged is for those of the system, the agents among them.
            if (policy.At("spec", "privileged").Flag() == true || !Allows(policy.At("spec", "allowedCapabilities")))
                continue;
            string name = policy.Metadata("name") ?? "";
            usable.Add((Policies.Group, Policies.Plural, name));
            found.Add(new NetAdminGrant(Policies.Kind, null, name, "allowedCapabilities holds NET_ADMIN",
                $"Take NET_ADMIN out of it, or leave the accounts of {string.Join(", ", free)} another policy, once nothing else needs it."));
        }
    }

    private async Task ConstraintsAsync(string[] free, List<NetAdminGrant> found, List<(string, string, string)> usable, CancellationToken cancel)
    {
        if (await _cluster.Client.FindResourceAsync(Constraints.ApiVersion, Constraints.Kind, cancel).ConfigureAwait(false) is null)
            return;
        await foreach (JsonObject constraint in _cluster.Client.ListObjectsAsync(Constraints, new ListQuery(), cancel).ConfigureAwait(false))
        {
            if (constraint["allowPrivilegedContainer"].Flag() == true || !Allows(constraint["allowedCapabilities"]))
                continue;
            string name = constraint.Metadata("name") ?? "";
            usable.Add((Constraints.Group, Constraints.Plural, name));
            string[] groups = [.. (constraint["groups"].Texts() ?? []).Where(group => free.Any(ns => group == $"system:serviceaccounts:{ns}"))];
            found.Add(new NetAdminGrant(Constraints.Kind, null, name, "allowedCapabilities holds NET_ADMIN",
                groups.Length > 0
                    ? $"Take the groups {string.Join(", ", groups)} off it: oc adm policy remove-scc-from-group {name} GROUP"
                    : $"See whether accounts of {string.Join(", ", free)} may still use it, and take that right from them."));
        }
    }

    private async Task RolesAsync(KubeResource resource, string? ns, List<(string Group, string Resource, string Name)> usable, List<NetAdminGrant> found, CancellationToken cancel)
    {
        await foreach (JsonObject role in _cluster.Client.ListObjectsAsync(resource, new ListQuery(ns), cancel).ConfigureAwait(false))
        {
            foreach ((string group, string plural, string name) in usable)
            {
                bool grants = (role["rules"] as JsonArray ?? []).Any(rule => rule.At("verbs").Texts()?.Contains("use") == true && rule.At("apiGroups").Texts()?.Contains(group) == true
                    && rule.At("resources").Texts()?.Contains(plural) == true && rule.At("resourceNames").Texts()?.Contains(name) == true);
                if (grants)
                {
                    found.Add(new NetAdminGrant(resource.Kind, ns, role.Metadata("name") ?? "", $"use of {plural} {name}",
                        "Unbind the mesh's service accounts from it; delete it if nothing else is bound to it."));
                }
            }
        }
    }

    private static bool Allows(JsonNode? capabilities) => capabilities.Texts()?.Any(capability => capability is "NET_ADMIN" or "*") == true;

    private async Task TryAsync(Func<Task> read)
    {
        try
        {
            await read().ConfigureAwait(false);
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            _reporter.Detail($"What still grants NET_ADMIN could not be seen in full: {e.Advice}");
        }
    }
}
