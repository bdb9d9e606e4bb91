using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Testing;
using k8s;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Kube;

/// <summary>Clients of fake servers, and what such servers answer.</summary>
internal static class FakeClient
{
    public static Task<KubeClient> OpenAsync(FakeApiServer server) => Task.FromResult(For(server.Uri));

    /// <summary>A client of a server that is but a function.</summary>
    public static KubeClient For(Func<HttpRequestMessage, HttpResponseMessage> answer) => For(new Uri("http://fake.test"), new Handler(answer));

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

    private static KubeClient For(Uri server, params DelegatingHandler[] handlers) => new(
        new Kubernetes(new KubernetesClientConfiguration { Host = server.ToString() }, handlers),
        new KubeEndpoint("fake", server, "fake-user", "default"));

    private sealed class Handler(Func<HttpRequestMessage, HttpResponseMessage> answer) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }
}
