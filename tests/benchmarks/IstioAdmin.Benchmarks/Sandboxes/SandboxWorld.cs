using System.Net.Http.Headers;
using System.Text;
using IstioAdmin.Sandbox.Api;
using IstioAdmin.Sandbox.Nodes.Exec;

namespace IstioAdmin.Benchmarks.Sandboxes;

/// <summary>A sandbox's API with a namespace for pods; nobody schedules them.</summary>
internal static class SandboxWorld
{
    public const string Pods = "/api/v1/namespaces/many/pods";

    /// <summary>A client of a new API.</summary>
    public static async Task<HttpClient> StartAsync()
    {
        var api = new SandboxApi(new ContainerRuntime());
        await api.SeedAsync(CancellationToken.None);
        HttpClient client = api.CreateClient();
        await PostAsync(client, "/api/v1/namespaces", """{"metadata":{"name":"many"}}"""u8.ToArray());
        await PostAsync(client, "/api/v1/namespaces/many/serviceaccounts", """{"metadata":{"name":"default"},"automountServiceAccountToken":false}"""u8.ToArray());
        return client;
    }

    /// <summary>Bodies of pods such as a ReplicaSet makes.</summary>
    public static byte[][] Bodies(int count) => [.. Enumerable.Range(0, count).Select(number => Encoding.UTF8.GetBytes(
        $$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-{{{number}}}","labels":{"app":"web","version":"v1"} },
         "spec":{"containers":[{"name":"app","image":"registry.local/app:1","ports":[{"containerPort":8080}],"env":[{"name":"MODE","value":"fast"}],
          "resources":{"requests":{"cpu":"100m","memory":"128Mi"} } }]} }
        """))];

    public static async Task PostAsync(HttpClient client, string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpResponseMessage answer = await client.PostAsync(path, content);
        answer.EnsureSuccessStatusCode();
    }
}
