using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Testing;

namespace IstioAdmin.Sandbox.Tests.Api;

/// <summary>A real API server, without controllers, and the sandbox's, for tests that want to see the same from both.</summary>
public sealed class TruthWorld(Testbed testbed) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly ApiMachinery _machinery = new();
    private ControlPlane? _controlPlane;
    private HttpClient? _real;
    private HttpClient? _sandbox;
    private int _namespaces;

    /// <summary>Runs a test's body against both, and compares what was answered, request by request.</summary>
    internal async Task SameAsync(Func<ApiSession, Task> body)
    {
        string name = $"truth-{Interlocked.Increment(ref _namespaces)}";
        ApiSession sandbox = await RunAsync(Sandbox(), name, isReal: false, body);
        ApiSession real = await RunAsync(await RealAsync(), name, isReal: true, body);
        string[] differences = [.. real.Transcript.Zip(sandbox.Transcript).Where(pair => pair.First != pair.Second).Select(pair => Difference(pair.First, pair.Second))];
        Assert.True(differences.Length == 0, string.Join("\n\n", differences.Take(6)));
        Assert.Equal(real.Transcript.Count, sandbox.Transcript.Count);
    }

    public async ValueTask DisposeAsync()
    {
        _real?.Dispose();
        _sandbox?.Dispose();
        if (_controlPlane is not null)
            await _controlPlane.DisposeAsync();
        _gate.Dispose();
    }

    private static async Task<ApiSession> RunAsync(HttpClient http, string name, bool isReal, Func<ApiSession, Task> body)
    {
        var session = new ApiSession(http, name, isReal);
        await session.PostAsync("/api/v1/namespaces", $"{{metadata: {{name: {name}}}}}");
        // Nobody makes it, and nobody makes tokens.
        await session.PostAsync(session.In("serviceaccounts"), "{metadata: {name: default}, automountServiceAccountToken: false}");
        await body(session);
        return session;
    }

    private static string Difference(string real, string sandbox)
    {
        string[] one = real.Split('\n'), other = sandbox.Split('\n');
        int same = one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
        int tail = one.Skip(same).Reverse().Zip(other.Skip(same).Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"{one[0]}\n  after line {same}: {string.Join('\n', one.Take(same).TakeLast(3))}\n--- real\n{string.Join('\n', one.Skip(same).SkipLast(tail).Take(14))}\n--- sandbox\n{string.Join('\n', other.Skip(same).SkipLast(tail).Take(14))}";
    }

    private HttpClient Sandbox() => _sandbox ??= new HttpClient(new MachineryHandler(_machinery)) { BaseAddress = new Uri("https://sandbox.local"), Timeout = Timeout.InfiniteTimeSpan };

    private async Task<HttpClient> RealAsync()
    {
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_real is not null)
                return _real;
            _controlPlane = await testbed.StartControlPlaneAsync(controllers: false);
            string pki = Path.Combine(_controlPlane.Directory, "pki");
            X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(pki, "ca.crt"));
            var handler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    ClientCertificates = [X509Certificate2.CreateFromPemFile(Path.Combine(pki, "admin.crt"), Path.Combine(pki, "admin.key"))],
                    CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { authority }, RevocationMode = X509RevocationMode.NoCheck },
                },
            };
            string server = Regex.Match(await File.ReadAllTextAsync(_controlPlane.Kubeconfig), "https://[^\"]+").Value;
            return _real = new HttpClient(handler) { BaseAddress = new Uri(server), Timeout = Timeout.InfiniteTimeSpan };
        }
        finally
        {
            _gate.Release();
        }
    }
}
