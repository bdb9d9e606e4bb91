using System.Diagnostics;
using System.Globalization;
using k8s;

namespace IstioAdmin.Benchmarks.Listing;

/// <summary>A raw LIST by curl, to nowhere: what the server and the wire alone take.</summary>
internal sealed class Curl : IDisposable
{
    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("istioadmin-bench-");
    private readonly KubernetesClientConfiguration _cluster;

    public Curl(string kubeconfig)
    {
        _cluster = KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig);
        File.WriteAllText(FileOf("ca.crt"), string.Concat(_cluster.SslCaCerts.Select(ca => ca.ExportCertificatePem() + "\n")));
        File.WriteAllBytes(FileOf("client.crt"), Convert.FromBase64String(_cluster.ClientCertificateData));
        File.WriteAllBytes(FileOf("client.key"), Convert.FromBase64String(_cluster.ClientCertificateKeyData));
    }

    public async Task<Measurement> ListAsync(string accept, string query)
    {
        var start = new ProcessStartInfo("curl")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "--silent", "--show-error", "--fail", "--output", "/dev/null", "--write-out", "%{time_total} %{time_starttransfer}",
                "--cacert", FileOf("ca.crt"), "--cert", FileOf("client.crt"), "--key", FileOf("client.key"),
                "--header", $"Accept: {accept}", $"{_cluster.Host.TrimEnd('/')}/api/v1/pods{query}",
            },
        };
        using Process curl = Process.Start(start)!;
        string[] times = (await curl.StandardOutput.ReadToEndAsync()).Split(' ');
        await curl.WaitForExitAsync();
        if (curl.ExitCode != 0)
            throw new InvalidOperationException($"curl ended with {curl.ExitCode}.");
        return new(0, double.Parse(times[0], CultureInfo.InvariantCulture), null, null);
    }

    public void Dispose() => _files.Delete(recursive: true);

    private string FileOf(string name) => Path.Combine(_files.FullName, name);
}
