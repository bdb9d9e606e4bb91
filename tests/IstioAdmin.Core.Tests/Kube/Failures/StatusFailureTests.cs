using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Tests.Kube.Failures;

/// <summary>What the administrator is told for each answer that is no success.</summary>
public sealed class StatusFailureTests
{
    private static readonly KubeEndpoint Endpoint = new("prod", new Uri("https://10.0.0.1:6443/"), "jane", "default");
    private static readonly KubeSubject Pod = KubeResource.Pods.Subject("get", "shop", "web-0");

    [Theory]
    [InlineData(400, "BadRequest", "RequestRejected", FailureKind.Rejected)]
    [InlineData(401, "Unauthorized", "Unauthenticated", FailureKind.Unauthenticated)]
    [InlineData(404, "NotFound", "ObjectNotFound", FailureKind.NotFound)]
    [InlineData(405, "MethodNotAllowed", "RequestNotSupported", FailureKind.NotSupported)]
    [InlineData(406, "NotAcceptable", "RequestNotSupported", FailureKind.NotSupported)]
    [InlineData(415, "UnsupportedMediaType", "RequestNotSupported", FailureKind.NotSupported)]
    [InlineData(409, "Conflict", "Conflict", FailureKind.Conflict)]
    [InlineData(409, "AlreadyExists", "ObjectAlreadyExists", FailureKind.Conflict)]
    [InlineData(410, "Expired", "ResourceExpired", FailureKind.Conflict)]
    [InlineData(413, "RequestEntityTooLarge", "RequestTooLarge", FailureKind.Rejected)]
    [InlineData(422, "Invalid", "ObjectInvalid", FailureKind.Rejected)]
    [InlineData(429, "TooManyRequests", "ServerBusy", FailureKind.Unavailable)]
    [InlineData(500, "InternalError", "ServerError", FailureKind.Unavailable)]
    [InlineData(503, "ServiceUnavailable", "ServerUnavailable", FailureKind.Unavailable)]
    [InlineData(504, "Timeout", "ServerTimedOut", FailureKind.Timeout)]
    [InlineData(418, "Teapot", "RequestFailed", FailureKind.Other)]
    public void Each_status_has_its_own_error(int code, string reason, string errorId, FailureKind kind)
    {
        MeshException failure = From(code, Status(code, reason, "the server's words"));

        Assert.Equal((errorId, kind), (failure.ErrorId, failure.Kind));
        Assert.Equal($"https://10.0.0.1:6443: could not get pods shop/web-0: HTTP {code}: the server's words", failure.Message);
        Assert.Same(Pod, failure.Target);
    }

    [Fact]
    public void A_refusal_by_RBAC_names_the_rule_that_is_missing()
    {
        MeshException failure = From(
            403,
            Status(403, "Forbidden", """deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope"""),
            new KubeSubject("list", "deployments.apps"));

        Assert.Equal(("Forbidden", FailureKind.Forbidden), (failure.ErrorId, failure.Kind));
        Assert.Contains("User \"jane\" cannot list", failure.Message, StringComparison.Ordinal);
        Assert.Equal("""Ask for a ClusterRole with the rule {apiGroups: ["apps"], resources: ["deployments"], verbs: ["list"]}.""", failure.Remedy);
    }

    [Theory]
    [InlineData("pods/exec", "shop", """a Role in namespace shop with the rule {apiGroups: [""], resources: ["pods/exec"], verbs: ["create"]}""")]
    [InlineData("istios.istio.banzaicloud.io", null, """a ClusterRole with the rule {apiGroups: ["istio.banzaicloud.io"], resources: ["istios"], verbs: ["create"]}""")]
    [InlineData("deployments/scale.apps", "shop", """a Role in namespace shop with the rule {apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["create"]}""")]
    [InlineData("/version", null, """a ClusterRole with the rule {nonResourceURLs: ["/version"], verbs: ["create"]}""")]
    public void The_rule_fits_group_subresource_and_scope(string resource, string? ns, string rule)
    {
        MeshException failure = From(403, Status(403, "Forbidden", "User \"jane\" cannot create"), new KubeSubject("create", resource, ns));

        Assert.Equal($"Ask for {rule}.", failure.Remedy);
    }

    [Fact]
    public void A_refusal_by_admission_does_not_ask_for_a_role()
    {
        MeshException failure = From(403, Status(403, "Forbidden", """pods "web" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=10, limited: pods=10"""));

        Assert.Equal(("AdmissionRefused", FailureKind.Forbidden), (failure.ErrorId, failure.Kind));
        Assert.DoesNotContain("Role", failure.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clusterroles.rbac.authorization.k8s.io", null, """a ClusterRole with the rule {apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles"], verbs: ["escalate"]}""")]
    [InlineData("clusterrolebindings.rbac.authorization.k8s.io", null, """a ClusterRole with the rule {apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles"], verbs: ["bind"]}""")]
    [InlineData("rolebindings.rbac.authorization.k8s.io", "shop", """a Role in namespace shop with the rule {apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["bind"]}""")]
    public void Who_grants_more_than_he_has_is_told_the_verb_that_lets_him(string resource, string? ns, string rule)
    {
        MeshException failure = From(403, Status(403, "Forbidden",
            "clusterroles.rbac.authorization.k8s.io \"r\" is forbidden: user \"jane\" (groups=[\"a\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\"]}"),
            new KubeSubject("patch", resource, ns, "r"));

        Assert.Equal(("Forbidden", FailureKind.Forbidden), (failure.ErrorId, failure.Kind));
        Assert.Contains($"Ask for {rule}.", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void An_apply_that_would_create_an_object_is_refused_without_a_reason_and_misses_the_verb_create()
    {
        MeshException failure = From(403, Status(403, "Forbidden", """statefulsets.apps "web" is forbidden: """), new KubeSubject("patch", "statefulsets.apps", "shop", "web"));

        Assert.Equal(("Forbidden", FailureKind.Forbidden), (failure.ErrorId, failure.Kind));
        Assert.Contains("""resources: ["statefulsets"], verbs: ["create"]""", failure.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Internal error occurred: failed calling webhook \"guard.example.com\": Post \"https://guard.shop.svc:443/\": dial tcp 10.96.0.9:443: connect: connection refused")]
    [InlineData("conversion webhook for istio.banzaicloud.io/v1beta1, Kind=Istio failed: Post \"https://127.0.0.1:9/convert\": dial tcp 127.0.0.1:9: connect: connection refused")]
    public void A_webhook_that_does_not_answer_is_named_as_such(string words)
    {
        MeshException failure = From(500, Status(500, "InternalError", words), new KubeSubject("patch", "istios.istio.banzaicloud.io", "shop", "mesh"));

        Assert.Equal(("WebhookFailed", FailureKind.Unavailable), (failure.ErrorId, failure.Kind));
        Assert.Contains("webhook", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kind_that_the_server_does_not_know_is_not_a_missing_object()
    {
        MeshException failure = From(404, "404 page not found\n"u8.ToArray(), new KubeSubject("list", "istios.istio.banzaicloud.io"));

        Assert.Equal(("ResourceNotServed", FailureKind.NotSupported), (failure.ErrorId, failure.Kind));
    }

    [Fact]
    public void An_expired_continue_token_is_told_in_either_form()
    {
        Assert.Equal("ResourceExpired", From(400, Status(400, "Expired", "The provided continue parameter is too old")).ErrorId);
    }

    [Fact]
    public void Causes_that_the_message_does_not_repeat_are_added()
    {
        byte[] body = Encoding.UTF8.GetBytes("""
            {"kind":"Status","status":"Failure","message":"Apply failed with 1 conflict","reason":"Conflict","code":409,
             "details":{"name":"x","kind":"istios","causes":[{"reason":"FieldManagerConflict","message":"conflict with \"kubectl\"","field":".spec.mtls"}]}}
            """);

        var failure = (KubeStatusException)From(409, body);

        Assert.EndsWith("Apply failed with 1 conflict [.spec.mtls: conflict with \"kubectl\"]", failure.Message, StringComparison.Ordinal);
        Assert.Equal("FieldManagerConflict", Assert.Single(failure.Status!.Causes).Reason);
    }

    [Fact]
    public void A_protobuf_status_is_read_like_a_JSON_one()
    {
        byte[] cause = Message(s => s.String(1, "FieldValueInvalid").String(2, "must be 1.1").String(3, "spec.version"));
        byte[] details = Message(s => s.String(1, "mesh").String(2, "istio.banzaicloud.io").String(3, "istios").Bytes(4, cause).Number(5, 9));
        byte[] status = Message(s => s.Bytes(1, []).String(2, "Failure").String(3, "not so").String(4, "Invalid").Bytes(5, details).Number(6, 422));
        byte[] type = Message(s => s.String(1, "v1").String(2, "Status"));
        byte[] body = [.. "k8s\0"u8, .. Message(s => s.Bytes(1, type).Bytes(2, status).String(3, "").String(4, ""))];

        var failure = (KubeStatusException)From(422, body);

        Assert.Equal(("ObjectInvalid", "Invalid", "mesh", 9), (failure.ErrorId, failure.Status!.Reason, failure.Status.Name, failure.Status.RetryAfterSeconds));
        Assert.EndsWith("HTTP 422: not so [spec.version: must be 1.1]", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_protobuf_body_is_no_reason_to_fail_otherwise()
    {
        Assert.Equal("ServerError", From(500, [.. "k8s\0"u8, 0xFF, 0xFF, 0xFF]).ErrorId);
    }

    [Fact]
    public void A_long_page_is_cut_and_stripped()
    {
        byte[] page = Encoding.UTF8.GetBytes($"<html><style>x {{ }}</style><body><h1>Bad   Gateway</h1>\n<p>{new string('x', 100_000)}</p></body></html>");

        MeshException failure = From(502, page);

        Assert.Contains("HTTP 502: Bad Gateway xxx", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.Message.Length < 500);
    }

    [Theory]
    [InlineData("echo: Authorization: Bearer abcdefghijklmnop end")]
    [InlineData("token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl was rejected")]
    [InlineData("-----BEGIN RSA PRIVATE KEY----- MIIabcdefghijklmnop -----END RSA PRIVATE KEY-----")]
    public void What_looks_like_a_credential_is_blacked_out(string text)
    {
        foreach (byte[] body in new[] { Encoding.UTF8.GetBytes(text), Status(400, "BadRequest", text) })
        {
            string message = From(400, body).ToString();

            Assert.Contains("***", message, StringComparison.Ordinal);
            Assert.DoesNotContain("abcdefghijklmnop", message, StringComparison.Ordinal);
            Assert.DoesNotContain("eyJ", message, StringComparison.Ordinal);
        }
    }

    private static MeshException From(int code, byte[] body, KubeSubject? about = null) => StatusFailure.From((HttpStatusCode)code, body, null, Endpoint, about ?? Pod);

    private static byte[] Status(int code, string reason, string message) =>
        JsonSerializer.SerializeToUtf8Bytes(new { kind = "Status", apiVersion = "v1", status = "Failure", reason, message, code, details = new { name = "web-0", kind = "pods" } });

    private static byte[] Message(Action<Writer> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            write(new Writer(output));
        }
        return stream.ToArray();
    }

    private sealed class Writer(CodedOutputStream output)
    {
        public Writer String(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

        public Writer Bytes(int field, byte[] value)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(value));
            return this;
        }

        public Writer Number(int field, int value)
        {
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteInt32(value);
            return this;
        }
    }
}
