using System.Text.Json;
using IstioAdmin.Core.Kube.Connecting.Credentials;
using IstioAdmin.Core.Kube.Detection;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>Connects to clusters.</summary>
public static class ClusterConnector
{
    /// <summary>Connects to a cluster: asks its version, then finds out who provides it and which Istio runs in it.</summary>
    /// <param name="options">Which cluster.</param>
    /// <param name="reporter">Hears warnings of the kubeconfig, the words of an exec plugin, and what could not be found out.</param>
    /// <param name="cancel">Cancels connecting.</param>
    /// <exception cref="MeshException">The kubeconfig cannot be used, or the server cannot be reached or does not let us in.</exception>
    public static Task<MeshCluster> ConnectAsync(ConnectOptions options, IReporter reporter, CancellationToken cancel) =>
        ConnectAsync(options, KubeEnvironment.Current, reporter, retryTime: null, cancel);

    /// <summary>Makes a client without sending anything: reads and checks the kubeconfig and everything it names.</summary>
    /// <param name="options">Which cluster.</param>
    /// <param name="reporter">Hears warnings of the kubeconfig.</param>
    /// <param name="cancel">Cancels reading.</param>
    /// <exception cref="MeshException">The kubeconfig cannot be used.</exception>
    public static async Task<KubeClient> OpenAsync(ConnectOptions options, IReporter reporter, CancellationToken cancel)
    {
        ConnectionSettings settings = await ResolveAsync(options, KubeEnvironment.Current, reporter, cancel).ConfigureAwait(false);
        return new KubeClient(new KubeTransport(settings), settings.Endpoint);
    }

    internal static async Task<MeshCluster> ConnectAsync(
        ConnectOptions options, KubeEnvironment environment, IReporter reporter, TimeProvider? retryTime, CancellationToken cancel)
    {
        ConnectionSettings settings = await ResolveAsync(options, environment, reporter, cancel).ConfigureAwait(false);
        var client = new KubeClient(new KubeTransport(settings, retryTime), settings.Endpoint);
        try
        {
            await LogInAsync(settings.Credentials, reporter, cancel).ConfigureAwait(false);
            string version = await VersionAsync(client, options.Timeout, cancel).ConfigureAwait(false);
            DetectedCluster detected = await ClusterDetection.DetectAsync(client, version, options.Timeout, reporter, cancel).ConfigureAwait(false);
            return new MeshCluster(client)
            {
                Name = options.Name ?? client.Endpoint.Context,
                Version = version,
                Provider = detected.Provider,
                Istio = detected.Istio,
            };
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    internal static async Task<ConnectionSettings> ResolveAsync(
        ConnectOptions options, KubeEnvironment environment, IReporter reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(reporter);
        ConnectionSettings settings = options.Text is { } text ? ContextResolver.Resolve(Kubeconfig.Parse(text), options.Context, options.Timeout)
            : UsesServiceAccount(options, environment)
            ? InClusterAccount.Resolve(environment, options.Timeout)
            : ContextResolver.Resolve(
                await Kubeconfig.LoadAsync(options.Kubeconfig, environment, cancel).ConfigureAwait(false), options.Context, options.Timeout);
        foreach (string warning in settings.Warnings)
        {
            reporter.Warn(warning);
        }
        return settings;
    }

    private static bool UsesServiceAccount(ConnectOptions options, KubeEnvironment environment) =>
        (options.Context is null or InClusterAccount.ContextName)
        && !Kubeconfig.Exists(options.Kubeconfig, environment)
        && InClusterAccount.IsPresent(environment);

    /// <summary>Gets the first credential before any clock runs: a plugin may take its time, and may have something to say.</summary>
    private static async Task LogInAsync(CredentialSource credentials, IReporter reporter, CancellationToken cancel)
    {
        if (credentials is not ExecCredentials exec)
            return;
        exec.Notice = reporter.Warn;
        try
        {
            await exec.GetAsync(cancel).ConfigureAwait(false);
        }
        finally
        {
            exec.Notice = null;
        }
    }

    private static async Task<string> VersionAsync(KubeClient client, TimeSpan timeout, CancellationToken cancel)
    {
        var about = new KubeSubject("get", "/version");
        using JsonDocument version = await client.GetJsonAsync("version", about, timeout, cancel).ConfigureAwait(false);
        return version.RootElement.Text("gitVersion") ?? throw new MeshException(
            "NotAKubernetesServer",
            FailureKind.InvalidResponse,
            $"{Failures.EndpointNames.Name(client.Endpoint)}: the answer to /version has no gitVersion; this is not a Kubernetes API server.",
            "Correct 'server' in the kubeconfig.",
            client.Endpoint.Server);
    }
}
