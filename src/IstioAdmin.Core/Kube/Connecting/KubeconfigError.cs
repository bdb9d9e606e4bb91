namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>What can be wrong with a kubeconfig, each with its stable identifier and remedy.</summary>
internal static class KubeconfigError
{
    private const int MaxNames = 20;

    public static MeshException NotFound(string path) => new(
        "KubeconfigNotFound", FailureKind.NotFound,
        $"The kubeconfig file '{path}' does not exist.",
        "Check the path given to -Kubeconfig.", path);

    public static MeshException NoneOfVariable(IReadOnlyList<string> paths) => new(
        "KubeconfigNotFound", FailureKind.NotFound,
        $"None of the files that KUBECONFIG lists exists: {string.Join(", ", paths.Select(p => $"'{p}'"))}.",
        "Correct the KUBECONFIG environment variable, or name a file with -Kubeconfig.", paths);

    public static MeshException NoDefault(string path) => new(
        "KubeconfigNotFound", FailureKind.NotFound,
        $"There is no kubeconfig: -Kubeconfig is not given, KUBECONFIG is not set, and '{path}' does not exist.",
        "Name a kubeconfig file with -Kubeconfig, or fetch one from your provider.", path);

    public static MeshException Unreadable(string path, string why, Exception? cause = null) => new(
        "KubeconfigUnreadable", FailureKind.InvalidInput,
        $"The kubeconfig file '{path}' cannot be read: {why}",
        "Check that it is a file and that you may read it.", path, cause);

    public static MeshException Empty(string path) => new(
        "KubeconfigEmpty", FailureKind.InvalidInput,
        $"The kubeconfig file '{path}' is empty.",
        "Fetch the kubeconfig again; a redirection that failed leaves an empty file behind.", path);

    public static MeshException NotYaml(string path, long line, long column, string why) => new(
        "KubeconfigYamlInvalid", FailureKind.InvalidInput,
        $"The kubeconfig file '{path}' is not valid YAML: line {line}, column {column}: {why}",
        "Correct that line; YAML takes spaces for indentation, no tabs.", path);

    public static MeshException NotKubeconfig(string path, string why) => new(
        "KubeconfigNotKubeconfig", FailureKind.InvalidInput,
        $"The file '{path}' is not a kubeconfig: {why}",
        "A kubeconfig has 'kind: Config' and lists of clusters, users and contexts.", path);

    public static MeshException Field(string path, long line, string field, string why) => new(
        "KubeconfigFieldInvalid", FailureKind.InvalidInput,
        $"The kubeconfig file '{path}' is not right in line {line}: '{field}' {why}.",
        "Correct that field.", path);

    public static MeshException NoCurrentContext(Kubeconfig config) => new(
        "KubeconfigNoCurrentContext", FailureKind.InvalidInput,
        $"{config.Where} sets no current-context, and no context was named. {Known(config)}",
        "Name a context with -Context.", config.Where);

    public static MeshException ContextNotFound(Kubeconfig config, string context) => new(
        "KubeconfigContextNotFound", FailureKind.NotFound,
        $"{config.Where} has no context '{context}'. {Known(config)}",
        "Name one of these contexts with -Context; names are case-sensitive.", context);

    public static MeshException ClusterNotFound(string file, string context, string? cluster) => new(
        "KubeconfigClusterNotFound", FailureKind.InvalidInput,
        cluster is null
            ? $"Context '{context}' in '{file}' names no cluster."
            : $"Context '{context}' in '{file}' names cluster '{cluster}', which the kubeconfig does not have.",
        "Correct the context's 'cluster', or load the file that has that cluster too.", context);

    public static MeshException UserNotFound(string file, string context, string user) => new(
        "KubeconfigUserNotFound", FailureKind.InvalidInput,
        $"Context '{context}' in '{file}' names user '{user}', which the kubeconfig does not have.",
        "Correct the context's 'user', or load the file that has that user too.", context);

    public static MeshException ServerMissing(string file, string cluster) => new(
        "KubeconfigServerMissing", FailureKind.InvalidInput,
        $"Cluster '{cluster}' in '{file}' has no 'server'.",
        "Set 'server' to the API server's address, for example https://10.0.0.1:6443.", cluster);

    public static MeshException ServerInvalid(string file, string cluster, string why) => new(
        "KubeconfigServerInvalid", FailureKind.InvalidInput,
        $"The 'server' of cluster '{cluster}' in '{file}' {why}.",
        "Set 'server' to an absolute address, for example https://10.0.0.1:6443.", cluster);

    public static MeshException ProxyInvalid(string file, string cluster, string why) => new(
        "KubeconfigProxyInvalid", FailureKind.InvalidInput,
        $"The 'proxy-url' of cluster '{cluster}' in '{file}' {why}.",
        "Set 'proxy-url' to an absolute http, https or socks5 address, or remove it.", cluster);

    public static MeshException NotBase64(string file, string owner, string field) => new(
        "KubeconfigBase64Invalid", FailureKind.InvalidInput,
        $"The '{field}' of {owner} in '{file}' is not valid base64.",
        $"Encode the PEM text without line breaks (base64 -w0), or use '{field.Replace("-data", "", StringComparison.Ordinal)}' with a file.", owner);

    public static MeshException FileMissing(string file, string owner, string field, string path, string why) => new(
        "KubeconfigReferenceNotFound", FailureKind.NotFound,
        $"The '{field}' of {owner} in '{file}' names '{path}', which {why}.",
        "Correct the path; relative ones count from the directory of the kubeconfig that names them.", path);

    public static MeshException CertificateInvalid(string file, string owner, string field) => new(
        "KubeconfigCertificateInvalid", FailureKind.InvalidInput,
        $"The '{field}' of {owner} in '{file}' holds no PEM certificate.",
        "It must hold one or more '-----BEGIN CERTIFICATE-----' blocks.", owner);

    public static MeshException AuthProviderNotSupported(string file, string user, string provider) => new(
        "AuthProviderNotSupported", FailureKind.NotSupported,
        $"User '{user}' in '{file}' logs in through the auth-provider '{provider}', which is not supported.",
        "Use the provider's exec plugin instead (kubelogin, gke-gcloud-auth-plugin, aws eks get-token).", user);

    private static string Known(Kubeconfig config) => config.ContextNames.Count switch
    {
        0 => "It has no contexts at all.",
        > MaxNames => $"It has {config.ContextNames.Count} contexts, among them: {string.Join(", ", config.ContextNames.Take(MaxNames))}.",
        _ => $"It has: {string.Join(", ", config.ContextNames)}.",
    };
}
