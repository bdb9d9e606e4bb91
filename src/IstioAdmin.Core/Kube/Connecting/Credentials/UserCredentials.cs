namespace IstioAdmin.Core.Kube.Connecting.Credentials;

/// <summary>
/// Chooses how a kubeconfig user shows who it is. Where it has several ways, the order is client-go's: token file, token, password, exec plugin.
/// </summary>
internal static class UserCredentials
{
    public static CredentialSource Create(KubeconfigEntry user, KubeconfigEntry cluster, byte[]? authority)
    {
        if (user.Fields is not { } fields)
            return FixedCredentials.None;
        if (fields.Text("tokenFile") is { } tokenFile)
            return new TokenFileCredentials(user.Resolve(tokenFile), $"user '{user.Name}'");
        if (fields.Text("token") is { } token)
            return FixedCredentials.Bearer(token);
        if (fields.Text("username") is { } name)
            return FixedCredentials.Basic(name, fields.Text("password") ?? "");
        if (fields.Map("exec") is { } exec)
            return new ExecCredentials(ExecPlugin.Create(user, exec, cluster, authority));
        if (fields.Map("auth-provider") is { } provider)
            throw KubeconfigError.AuthProviderNotSupported(user.File, user.Name, provider.Text("name") ?? "?");
        return FixedCredentials.None;
    }
}
