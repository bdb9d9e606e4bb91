namespace IstioAdmin.Core.Kube;

/// <summary>What a request is about, in the words an error message needs: a verb, a resource, and where there is one a namespace and a name.</summary>
/// <param name="Verb">The RBAC verb: get, list, watch, create, patch, delete.</param>
/// <param name="Resource">The resource in RBAC's form, for example <c>pods</c>, <c>pods/exec</c> or <c>deployments.apps</c>.</param>
/// <param name="Namespace">Namespace, or null for cluster scope and for all namespaces.</param>
/// <param name="Name">Object name, or null for collections.</param>
public sealed record KubeSubject(string Verb, string Resource, string? Namespace = null, string? Name = null)
{
    /// <summary>The subject as a phrase: <c>get pods default/web-0</c>.</summary>
    public override string ToString() => (Namespace, Name) switch
    {
        (null, null) => $"{Verb} {Resource}",
        (null, _) => $"{Verb} {Resource} {Name}",
        (_, null) => $"{Verb} {Resource} in namespace {Namespace}",
        _ => $"{Verb} {Resource} {Namespace}/{Name}",
    };
}
