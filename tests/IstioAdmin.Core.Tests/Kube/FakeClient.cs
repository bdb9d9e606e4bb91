using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Testing;
using k8s;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Kube;

/// <summary>Clients of fake servers, and what such servers answer.</summary>
internal static class FakeClient
{
    /// <summary>A client of a fake server, with the real transport but a clock that does not wait between tries.</summary>
    public static async Task<KubeClient> OpenAsync(FakeApiServer server)
    {
        using var world = new KubeWorld();
        return await world.OpenAsync(world.Kubeconfig(server.Uri));
    }

    /// <summary>A client of a server that is but a function.</summary>
    public static KubeClient For(Func<HttpRequestMessage, HttpResponseMessage> answer) => new(
        new Kubernetes(new KubernetesClientConfiguration { Host = "http://fake.test" }, new Handler(answer)),
        new KubeEndpoint("fake", new Uri("http://fake.test"), "fake-user", "default"));

    public static async Task JsonAsync(this HttpContext context, JsonNode body, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body.ToJsonString());
    }

    public static HttpResponseMessage Json(JsonNode body, int status = 200) =>
        new((System.Net.HttpStatusCode)status) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };

    /// <summary>A piece of a body at once, not when the buffer is full.</summary>
    public static async Task SendAsync(this HttpContext context, string text)
    {
        context.Response.ContentType ??= "application/json";
        await context.Response.WriteAsync(text);
        await context.Response.Body.FlushAsync();
    }

    private sealed class Handler(Func<HttpRequestMessage, HttpResponseMessage> answer) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }
}
