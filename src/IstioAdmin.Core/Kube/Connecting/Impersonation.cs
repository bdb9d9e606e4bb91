using System.Net.Http.Headers;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>On whose behalf requests are made: a kubeconfig user's <c>as</c>, <c>as-uid</c>, <c>as-groups</c> and <c>as-user-extra</c>.</summary>
/// <remarks>Header names: Kubernetes documentation, "User impersonation"; client-go <c>transport/round_trippers.go</c>.</remarks>
internal sealed record Impersonation(string User, string? Uid, IReadOnlyList<string> Groups, IReadOnlyList<(string Key, string Value)> Extra)
{
    public void Apply(HttpRequestHeaders headers)
    {
        if (headers.Contains("Impersonate-User"))
            return;
        headers.TryAddWithoutValidation("Impersonate-User", User);
        if (Uid is not null)
            headers.TryAddWithoutValidation("Impersonate-Uid", Uid);
        headers.TryAddWithoutValidation("Impersonate-Group", Groups);
        foreach ((string key, string value) in Extra)
        {
            headers.TryAddWithoutValidation($"Impersonate-Extra-{Uri.EscapeDataString(key)}", value);
        }
    }
}
