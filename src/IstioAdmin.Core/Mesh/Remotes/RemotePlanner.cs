using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Mesh.Remotes;

/// <summary>Takes clusters into meshes: an account on the remote cluster, and what leads to it on the mesh's own.</summary>
public static partial class RemotePlanner
{
    /// <summary>How long the controller manager may take for a token; it is a matter of a moment.</summary>
    private static readonly TimeSpan TokenPatience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Asks both servers, without keeping anything, what taking in a cluster would do. What is missing, forbidden or somebody else's thus shows before
    /// the first object is written.
    /// </summary>
    /// <param name="cluster">The mesh's cluster.</param>
    /// <param name="mesh">The mesh.</param>
    /// <param name="remote">The cluster that is to be taken in.</param>
    /// <param name="options">How.</param>
    /// <param name="reporter">Warned of an address that will not work, and told of details.</param>
    /// <param name="cancel">Cancels the requests.</param>
    /// <exception cref="MeshException">It cannot be done; the error says what to do.</exception>
    public static async Task<RemotePlan> PlanAsync(MeshCluster cluster, IstioMesh mesh, MeshCluster remote, RemoteOptions options, IReporter reporter, CancellationToken cancel)
    {
        IRemoteDialect dialect = MeshOperator.Of(mesh.Operator).Remotes;
        await dialect.CheckAsync(cluster, mesh, options, cancel).ConfigureAwait(false);
        string name = NameOf(remote, options);
        Uri server = AddressOf(remote, options);
        await RefuseSameAsync(cluster, remote, cancel).ConfigureAwait(false);
        if (RemoteKubeconfig.IsLocal(server))
        {
            reporter.Warn($"{RemoteKubeconfig.Address(server)} is an address of the machine that uses it: pods of {cluster.Name} will look for {name} in themselves. "
                + "Name the address by which they reach it with -Server.");
        }
        RemoteAccount account = await RemoteAccount.OfAsync(cluster, mesh.Namespace, name, cancel).ConfigureAwait(false);
        ChangePlan there = await PlanRemoteAsync(remote, account, dialect.Rules(mesh), $"Mesh {mesh} of another cluster reaches this one, which it knows as {name}, with this account.", options, reporter, cancel).ConfigureAwait(false);
        RemoteToken? token = await account.TokenAsync(remote, cancel).ConfigureAwait(false);
        IstioRemoteCluster? found = await IstioRemotes.ReadAsync(cluster, mesh, name, cancel).ConfigureAwait(false);
        ChangePlan here = Draft(cluster, mesh.Namespace, options);
        List<ObjectManifest> manifests = [Secret(dialect, mesh, name, server, token ?? new RemoteToken("", ""))];
        if (dialect.Resource is { } kind)
            manifests.Add(ObjectManifest.Create(kind, mesh.Namespace, name, RemoteAccount.Labels(), ("spec", dialect.Draft(mesh, name, options)!)));
        here = await ChangeInstaller.PlanAsync(here, manifests, reporter, cancel).ConfigureAwait(false);
        // The token that the kubeconfig holds may not be there yet, or be another one by then.
        here = here with
        {
            Steps = [.. here.Steps.Select(step => step.Resource == KubeResource.Secrets && step.Writes
                ? step with { Perform = attempt => WriteSecretAsync(here, remote, account, value => Secret(dialect, mesh, name, server, value), reporter, attempt) }
                : step)],
        };
        if (found?.Resource is not null && here.Steps.Any(step => step.Resource == KubeResource.Secrets && step.Action == ChangeAction.Change))
        {
            reporter.Warn($"The {mesh.Operator} operator keeps the connection to {name} that it has made, and takes the new credentials when it starts the next time: "
                + "restart its pod when the remote cluster has got another address or account.");
        }
        return new RemotePlan { Cluster = cluster, Mesh = mesh, Name = name, Parts = [there, here], Found = found };
    }

    /// <summary>Runs a plan, and waits until the operator has done its part, if it has one.</summary>
    /// <param name="plan">The plan, approved.</param>
    /// <param name="patience">How long to wait; null does not wait.</param>
    /// <param name="reporter">Told about progress, and warned of what the operator complains about, as it happens.</param>
    /// <param name="cancel">Ends the work; what is written stays, and the same command completes it.</param>
    /// <exception cref="MeshException">A step failed, or the operator did not get done in time (<c>RemoteWaitTimedOut</c>).</exception>
    public static async Task<IstioRemoteCluster?> RunAsync(RemotePlan plan, TimeSpan? patience, IReporter reporter, CancellationToken cancel)
    {
        foreach (ChangePlan part in plan.Parts)
            await ChangeRun.RunAsync(part, reporter, cancel).ConfigureAwait(false);
        IstioRemoteCluster? added = await IstioRemotes.ReadAsync(plan.Cluster, plan.Mesh, plan.Name, cancel).ConfigureAwait(false);
        if (added?.Resource is null || patience is not { } limit)
            return added;
        return await RemoteWait.UntilTakenAsync(plan, added, limit, reporter, cancel).ConfigureAwait(false);
    }

    internal static ChangePlan Draft(MeshCluster cluster, string ns, RemoteOptions options) => new()
    {
        Cluster = cluster,
        PartOf = RemoteAccount.PartOf,
        Version = null,
        Namespace = ns,
        ErrorNoun = "Remote",
        Steps = [],
        Force = options.Force,
    };

    private static async Task<ChangePlan> PlanRemoteAsync(
        MeshCluster remote, RemoteAccount account, JsonArray rules, string purpose, RemoteOptions options, IReporter reporter, CancellationToken cancel)
    {
        List<ObjectManifest> manifests = [.. account.Objects(rules, purpose)];
        if (!await TargetNamespace.ExistsAsync(remote.Client, account.Namespace, mustAccept: true, reporter, cancel).ConfigureAwait(false))
            manifests.Insert(0, account.Home());
        return await ChangeInstaller.PlanAsync(Draft(remote, account.Namespace, options), manifests, reporter, cancel).ConfigureAwait(false);
    }

    private static ObjectManifest Secret(IRemoteDialect dialect, IstioMesh mesh, string name, Uri server, RemoteToken token)
    {
        JsonObject labels = RemoteAccount.Labels();
        foreach ((string label, JsonNode? value) in dialect.SecretLabels)
            labels[label] = value?.DeepClone();
        string kubeconfig = RemoteKubeconfig.Write(name, server, token.Authority, token.Token);
        ObjectManifest secret = ObjectManifest.Create(KubeResource.Secrets, mesh.Namespace, dialect.SecretName(name), labels,
            ("type", "Opaque"), ("data", new JsonObject { [name] = Convert.ToBase64String(Encoding.UTF8.GetBytes(kubeconfig)) }));
        if (dialect.SecretAnnotations(name) is { } annotations)
            secret.Manifest["metadata"]!["annotations"] = annotations;
        return secret;
    }

    private static async Task<ChangeOutcome> WriteSecretAsync(
        ChangePlan plan, MeshCluster remote, RemoteAccount account, Func<RemoteToken, ObjectManifest> secret, IReporter reporter, CancellationToken cancel)
    {
        RemoteToken token = await account.WaitForTokenAsync(remote, TokenPatience, reporter, cancel).ConfigureAwait(false);
        AppliedObject applied = await plan.Cluster.Client.ApplyAsync(KubeResource.Secrets, secret(token).Manifest, new ApplyOptions(plan.Force), cancel).ConfigureAwait(false);
        return applied.Outcome switch
        {
            ApplyOutcome.Created => ChangeOutcome.Created,
            ApplyOutcome.Changed => ChangeOutcome.Changed,
            _ => ChangeOutcome.Unchanged,
        };
    }

    private static string NameOf(MeshCluster remote, RemoteOptions options)
    {
        string name = options.Name ?? remote.Name;
        return name.Length <= 40 && DnsLabel().IsMatch(name) ? name : throw new MeshException("RemoteNameInvalid", FailureKind.InvalidInput,
            $"'{name}' cannot be the name of a remote cluster: objects are named after it, so it must be at most 40 small letters, digits and hyphens.",
            "Name it with -Name, for example -Name east.", name);
    }

    private static Uri AddressOf(MeshCluster remote, RemoteOptions options)
    {
        Uri server = options.Server ?? remote.Server;
        return server.IsAbsoluteUri && server.Scheme is "https" or "http" ? server : throw new MeshException("RemoteServerInvalid", FailureKind.InvalidInput,
            string.Create(CultureInfo.InvariantCulture, $"-Server '{server.OriginalString}' is no address of an API server."), "Write it with its scheme, for example https://east.example.com:6443.", server.OriginalString);
    }

    private static async Task RefuseSameAsync(MeshCluster cluster, MeshCluster remote, CancellationToken cancel)
    {
        if (await RemoteAccount.IdentityAsync(cluster, cancel).ConfigureAwait(false) != await RemoteAccount.IdentityAsync(remote, cancel).ConfigureAwait(false))
            return;
        throw new MeshException("RemoteIsMeshCluster", FailureKind.InvalidInput,
            $"{remote.Name} ({remote.Server}) is the cluster of the mesh itself.",
            "Name the mesh's cluster with -Cluster, and with -Remote the one that it is to take in.", remote);
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex DnsLabel();
}
