using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Samples;

namespace IstioAdmin.Core.Tests.Samples;

public class BookinfoManifestTests
{
    [Fact]
    public void The_sample_has_four_accounts_four_services_and_six_deployments_in_this_order()
    {
        IEnumerable<string> names = Workloads("1.20.3").Select(item => $"{item.Resource.Kind}/{item.Name}");

        Assert.Equal(
        [
            "ServiceAccount/bookinfo-details", "ServiceAccount/bookinfo-ratings", "ServiceAccount/bookinfo-reviews", "ServiceAccount/bookinfo-productpage",
            "Service/details", "Service/ratings", "Service/reviews", "Service/productpage",
            "Deployment/details-v1", "Deployment/ratings-v1", "Deployment/reviews-v1", "Deployment/reviews-v2", "Deployment/reviews-v3", "Deployment/productpage-v1",
        ], names);
    }

    [Fact]
    public void Every_object_says_whose_it_is() => Assert.All(Workloads("1.20.3").Concat(Ingress()), item =>
    {
        Assert.Equal("istioadmin", (string?)item.Manifest["metadata"]!["labels"]!["app.kubernetes.io/managed-by"]);
        Assert.Equal("bookinfo", (string?)item.Manifest["metadata"]!["labels"]!["app.kubernetes.io/part-of"]);
        Assert.Equal("demo", (string?)item.Manifest["metadata"]!["namespace"]);
    });

    [Theory]
    [InlineData("details-v1", "registry.example.com/istio/examples-bookinfo-details-v1:1.16.4")]
    [InlineData("reviews-v2", "registry.example.com/istio/examples-bookinfo-reviews-v2:1.16.4")]
    [InlineData("productpage-v1", "registry.example.com/istio/examples-bookinfo-productpage-v1:1.16.4")]
    public void An_image_is_named_after_registry_app_variant_and_release(string deployment, string image) =>
        Assert.Equal(image, (string?)Container(Deployment(deployment, "1.16.4"))["image"]);

    [Fact]
    public void Every_deployment_selects_the_pods_it_makes_and_nothing_more_specific_than_upstream() => Assert.All(Deployments("1.20.3"), item =>
    {
        JsonNode spec = item.Manifest["spec"]!;
        JsonObject selector = spec["selector"]!["matchLabels"]!.AsObject();
        Assert.True(JsonNode.DeepEquals(selector, spec["template"]!["metadata"]!["labels"]));
        // A selector cannot be changed: with any other, an installation made with Istio's own manifests could not be taken over.
        Assert.Equal(["app", "version"], selector.Select(label => label.Key));
    });

    [Fact]
    public void Every_pod_runs_as_the_service_account_of_its_app() => Assert.All(Deployments("1.20.3"), item =>
    {
        JsonNode template = item.Manifest["spec"]!["template"]!;
        Assert.Equal($"bookinfo-{(string?)template["metadata"]!["labels"]!["app"]}", (string?)template["spec"]!["serviceAccountName"]);
    });

    [Fact]
    public void Every_service_names_its_port_for_the_protocol()
    {
        Assert.All(Workloads("1.20.3").Where(item => item.Resource.Kind == "Service"), item =>
        {
            JsonNode port = Assert.Single(item.Manifest["spec"]!["ports"]!.AsArray())!;
            Assert.Equal("http", (string?)port["name"]);
            Assert.Equal(9080, (int?)port["port"]);
            Assert.Equal(item.Name, (string?)item.Manifest["spec"]!["selector"]!["app"]);
        });
    }

    [Theory]
    [InlineData("1.8.0", null)]
    [InlineData("1.15.1", null)]
    [InlineData("1.16.2", 1000)]
    [InlineData("1.17.0", 1000)]
    [InlineData("1.18.0", null)]
    [InlineData("1.20.3", null)]
    public void The_user_is_set_for_those_releases_whose_images_neither_need_root_nor_name_a_user(string version, int? user) =>
        Assert.All(Deployments(version), item => Assert.Equal(user, (int?)Container(item)["securityContext"]?["runAsUser"]));

    [Fact]
    public void Reviews_writes_to_empty_directories()
    {
        ObjectManifest reviews = Deployment("reviews-v3", "1.20.3");

        Assert.Equal("/tmp/logs", (string?)Container(reviews)["env"]![0]!["value"]);
        Assert.Equal(["/tmp", "/opt/ibm/wlp/output"], Container(reviews)["volumeMounts"]!.AsArray().Select(mount => (string?)mount!["mountPath"]));
        Assert.Equal(["tmp", "wlp-output"], reviews.Manifest["spec"]!["template"]!["spec"]!["volumes"]!.AsArray().Select(volume => (string?)volume!["name"]));
    }

    [Fact]
    public void The_first_releases_had_no_empty_directories() =>
        Assert.All(Deployments("1.8.0"), item => Assert.Null(item.Manifest["spec"]!["template"]!["spec"]!["volumes"]));

    [Fact]
    public void Only_the_product_page_is_scraped_and_only_since_it_has_metrics()
    {
        Assert.Equal(["productpage-v1"], Deployments("1.20.3").Where(IsScraped).Select(item => item.Name));
        Assert.DoesNotContain(Deployments("1.17.0"), IsScraped);

        static bool IsScraped(ObjectManifest item) => item.Manifest["spec"]!["template"]!["metadata"]!["annotations"]?["prometheus.io/scrape"] is not null;
    }

    [Fact]
    public void No_replica_count_is_claimed_so_that_scaling_is_free() =>
        Assert.All(Deployments("1.20.3"), item => Assert.Null(item.Manifest["spec"]!["replicas"]));

    [Fact]
    public void The_gateway_binds_the_ingress_gateways_http_port_and_routes_the_pages_to_the_product_page()
    {
        ObjectManifest[] ingress = [.. Ingress()];
        JsonNode gateway = ingress[0].Manifest["spec"]!;
        JsonNode routes = ingress[1].Manifest["spec"]!;

        Assert.Equal("networking.istio.io/v1beta1", (string?)ingress[0].Manifest["apiVersion"]);
        Assert.Equal("ingressgateway", (string?)gateway["selector"]!["istio"]);
        Assert.Equal(80, (int?)gateway["servers"]![0]!["port"]!["number"]);
        Assert.Equal(ingress[0].Name, (string?)routes["gateways"]![0]);
        Assert.Equal("productpage", (string?)routes["http"]![0]!["route"]![0]!["destination"]!["host"]);
        Assert.Equal(
            ["exact /productpage", "prefix /static", "exact /login", "exact /logout", "prefix /api/v1/products"],
            routes["http"]![0]!["match"]!.AsArray().Select(match => match!["uri"]!.AsObject().Single()).Select(uri => $"{uri.Key} {uri.Value}"));
    }

    private static ObjectManifest[] Workloads(string version) =>
        [.. BookinfoManifests.Workloads("demo", BookinfoRelease.Find(version), "registry.example.com/istio")];

    private static IEnumerable<ObjectManifest> Ingress() => BookinfoManifests.Ingress("demo",
        new KubeResource("networking.istio.io", "v1beta1", "gateways", "Gateway", true),
        new KubeResource("networking.istio.io", "v1beta1", "virtualservices", "VirtualService", true));

    private static ObjectManifest[] Deployments(string version) => [.. Workloads(version).Where(item => item.Resource.Kind == "Deployment")];

    private static ObjectManifest Deployment(string name, string version) => Deployments(version).Single(item => item.Name == name);

    private static JsonNode Container(ObjectManifest deployment) => Assert.Single(deployment.Manifest["spec"]!["template"]!["spec"]!["containers"]!.AsArray())!;
}
