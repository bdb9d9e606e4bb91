using System.Diagnostics;
using System.Text;
using IstioAdmin.Sandbox.Api.Requests;

namespace IstioAdmin.Sandbox.Tests.Api;

/// <summary>How long ten thousand pods take; printed, not judged.</summary>
public sealed class ScaleMeasurement
{
    private const int Pods = 10_000;

    [Fact]
    public async Task Ten_thousand_pods_are_created_and_listed()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        var machinery = new ApiMachinery();
        using var http = new HttpClient(new MachineryHandler(machinery)) { BaseAddress = new Uri("https://sandbox.local") };
        await PostAsync("/api/v1/namespaces", """{"metadata":{"name":"many"}}""");
        await PostAsync("/api/v1/namespaces/many/serviceaccounts", """{"metadata":{"name":"default"},"automountServiceAccountToken":false}""");
        using var process = Process.GetCurrentProcess();
        TimeSpan used = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        await Parallel.ForAsync(0, Pods, cancel, async (at, _) => await PostAsync("/api/v1/namespaces/many/pods",
            "{\"metadata\":{\"name\":\"p-" + at + "\",\"labels\":{\"app\":\"web\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"x:1\",\"ports\":[{\"containerPort\":80}],\"env\":[{\"name\":\"A\",\"value\":\"b\"}]}]}}"));
        TimeSpan created = watch.Elapsed;
        process.Refresh();
        used = process.TotalProcessorTime - used;
        string? list = null;
        for (int round = 0; round < 3; round++)
        {
            watch.Restart();
            list = await http.GetStringAsync("/api/v1/pods", cancel);
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"{Pods} pods created in {created.TotalSeconds:F1} s ({used.TotalSeconds:F1} s of processor), listed ({list!.Length / 1e6:F1} MB) in {watch.Elapsed.TotalMilliseconds:F0} ms; {GC.GetTotalMemory(true) / 1e6:F0} MB managed");
        Assert.Equal(Pods, machinery.Store.Count(new("", "pods")));

        async Task PostAsync(string path, string body)
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await http.PostAsync(path, content, cancel);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancel));
        }
    }
}
