using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using IstioAdmin.Core.Kube;
using k8s;
using k8s.Autorest;
using k8s.Exceptions;
using k8s.Models;

namespace IstioAdmin.Core.Tests.Kube.Failures;

/// <summary>Every exception that a request can end in becomes one of ours.</summary>
public sealed class TransportFailureTests
{
    private static readonly KubeEndpoint Endpoint = new("prod", new Uri("https://10.0.0.1:6443/"), "jane", "default");
    private static readonly KubeSubject Pods = KubeResource.Pods.Subject("list");

    public static TheoryData<Exception, string, FailureKind> Exceptions => new()
    {
        { new HttpRequestException(HttpRequestError.ConnectionError, null, new SocketException((int)SocketError.ConnectionRefused)), "ConnectionRefused", FailureKind.Connection },
        { new HttpRequestException(HttpRequestError.ConnectionError, null, new SocketException((int)SocketError.NetworkUnreachable)), "ServerUnreachable", FailureKind.Connection },
        { new HttpRequestException(HttpRequestError.ConnectionError, null, new SocketException((int)SocketError.TimedOut)), "RequestTimedOut", FailureKind.Timeout },
        { new HttpRequestException(HttpRequestError.NameResolutionError), "ServerNameNotResolved", FailureKind.Connection },
        { new HttpRequestException(HttpRequestError.ProxyTunnelError), "ProxyFailed", FailureKind.Connection },
        { new HttpRequestException(HttpRequestError.ResponseEnded), "ConnectionLost", FailureKind.Connection },
        { new HttpRequestException("odd"), "ConnectionLost", FailureKind.Connection },
        { new IOException("reset", new SocketException((int)SocketError.ConnectionReset)), "ConnectionLost", FailureKind.Connection },
        { new EndOfStreamException(), "ConnectionLost", FailureKind.Connection },
        { new HttpIOException(HttpRequestError.ResponseEnded), "ConnectionLost", FailureKind.Connection },
        { new TaskCanceledException("t", new TimeoutException()), "RequestTimedOut", FailureKind.Timeout },
        { new TimeoutException(), "RequestTimedOut", FailureKind.Timeout },
        { new WebSocketException(WebSocketError.ConnectionClosedPrematurely), "WebSocketFailed", FailureKind.Connection },
        { new WebSocketException(WebSocketError.Faulted, "x", new HttpRequestException(HttpRequestError.ConnectionError, null, new SocketException((int)SocketError.ConnectionRefused))), "ConnectionRefused", FailureKind.Connection },
        { new JsonException("bad", null, 3, 4), "ResponseInvalid", FailureKind.InvalidResponse },
        { new KubeConfigException("no host"), "KubeconfigInvalid", FailureKind.InvalidInput },
        { new KubernetesException(new V1Status { Code = 404, Reason = "NotFound", Message = "gone", Details = new V1StatusDetails { Name = "web" } }), "ObjectNotFound", FailureKind.NotFound },
        { new HttpOperationException("secret body") { Response = Wrapped(409, """{"kind":"Status","reason":"Conflict","message":"changed"}""") }, "Conflict", FailureKind.Conflict },
        { new InvalidOperationException("a bug"), "RequestFailed", FailureKind.Other },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void Each_exception_has_its_error(Exception exception, string errorId, FailureKind kind)
    {
        MeshException failure = KubeFailure.From(exception, Endpoint, Pods);

        Assert.Equal((errorId, kind), (failure.ErrorId, failure.Kind));
        Assert.StartsWith("https://10.0.0.1:6443: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_of_ours_passes_unchanged_however_deep_it_is()
    {
        var ours = new MeshException("ServerNameMismatch", FailureKind.Connection, "x");

        Assert.Same(ours, KubeFailure.From(new HttpRequestException(HttpRequestError.SecureConnectionError, null, ours), Endpoint, Pods));
    }

    [Fact]
    public void The_typed_clients_exceptions_are_not_kept_because_they_hold_the_request()
    {
        var exception = new HttpOperationException("x")
        {
            Request = new HttpRequestMessageWrapper(new HttpRequestMessage { Headers = { { "Authorization", "Bearer s3cr3t-t0ken" } } }, ""),
            Response = Wrapped(401, "Unauthorized"),
        };

        MeshException failure = KubeFailure.From(exception, Endpoint, Pods);

        Assert.Equal("Unauthenticated", failure.ErrorId);
        Assert.Null(failure.InnerException);
    }

    private static HttpResponseMessageWrapper Wrapped(int code, string content) => new(new HttpResponseMessage((System.Net.HttpStatusCode)code), content);
}
