using System.Collections.Specialized;
using System.Globalization;
using System.Web;
using CsCheck;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using static IstioAdmin.Core.Tests.Kube.Objects;

namespace IstioAdmin.Core.Tests.Kube.Listing;

public class ListingProperties
{
    private static readonly Gen<string> Names = Gen.Char["ab-.0"].Array[1, 4].Select(chars => new string(chars));

    private static readonly Gen<ObjectKey> Keys = Gen.Select(Gen.Char["ab-0"].Array[1, 3].Select(chars => new string(chars)), Names, (ns, name) => new ObjectKey(ns, name));

    [Fact]
    public void Keys_are_ordered_as_the_server_stores_them() => Gen.Select(Keys, Keys).Sample((left, right) =>
        Math.Sign(left.CompareTo(right)) == Math.Sign(string.CompareOrdinal($"{left.Namespace}/{left.Name}", $"{right.Namespace}/{right.Name}")));

    /// <summary>
    /// Objects come and go between the pages and tokens expire, with and without another one in their place. Whatever happens, each object
    /// is handed out at most once, in order, and each that was there all the time exactly once.
    /// </summary>
    [Fact]
    public Task Every_object_is_handed_out_once_however_the_list_is_thrown_back() =>
        Gen.Select(Keys.HashSet[0, 12], Keys.HashSet[0, 6], Gen.Int[1, 4], Gen.Int[0, 3].Array[0, 12]).SampleAsync(
            async (stable, fleeting, pageSize, fates) =>
            {
                var server = new CompactingServer(stable, [.. fleeting.Where(key => !stable.Contains(key))], fates);
                using KubeClient client = FakeClient.For(server.Answer);
                List<ObjectKey> seen = await client.ListObjectsAsync(KubeResource.ConfigMaps, new ListQuery(PageSize: pageSize), CancellationToken.None)
                    .Select(JsonObjects.KeyOf).ToListAsync();

                Assert.Equal(seen.Order(), seen);
                Assert.Equal(seen.Distinct(), seen);
                Assert.Superset(stable, seen.ToHashSet());
            },
            iter: 300);

    /// <summary>Lists its objects from a key on. A fate decides of each token: it may be good, expired with another in its place, or, once, without.</summary>
    private sealed class CompactingServer(IReadOnlyCollection<ObjectKey> stable, IReadOnlyCollection<ObjectKey> fleeting, int[] fates)
    {
        private int _requests;
        private bool _restarted;

        public HttpResponseMessage Answer(HttpRequestMessage request)
        {
            NameValueCollection query = HttpUtility.ParseQueryString(request.RequestUri!.Query);
            string? token = query["continue"];
            int fate = _requests < fates.Length ? fates[_requests] : 0;
            _requests++;
            if (token is { Length: > 0 } && token[0] == 'o')
            {
                switch (fate)
                {
                    case 1:
                        return FakeClient.Json(Expired("n" + token[1..]), 410);
                    case 2 when !_restarted:
                        _restarted = true;
                        return FakeClient.Json(Expired(), 410);
                }
            }
            int limit = int.Parse(query["limit"]!, CultureInfo.InvariantCulture);
            IEnumerable<ObjectKey> now = fate % 2 == 0 ? stable : stable.Concat(fleeting);
            ObjectKey[] rest = [.. now.Order().Where(key => token is null || string.CompareOrdinal(key.ToString(), token[1..]) > 0)];
            ObjectKey[] page = [.. rest.Take(limit)];
            return FakeClient.Json(ConfigMapList(page.Select(key => ConfigMap(key.Namespace!, key.Name)), rest.Length > limit ? $"o{page[^1]}" : null));
        }
    }
}
