using IstioAdmin.Core.Mesh.Ingress;

namespace IstioAdmin.Core.Tests.Mesh.Ingress;

public class BookinfoPageTests
{
    [Theory]
    // As release 1.13 lays it out.
    [InlineData("""<h4>Book Details</h4><h4>Book Reviews</h4><small>Reviewer1</small>""", "productpage, details, reviews v1")]
    [InlineData("""<h4>Book Details</h4><h4>Book Reviews</h4><font color="black"><span class="glyphicon glyphicon-star"></span>""", "productpage, details, reviews v2, ratings")]
    [InlineData("""<h4>Book Details</h4><h4>Book Reviews</h4><font color="red">""", "productpage, details, reviews v3, ratings")]
    [InlineData("""<h4>Book Details</h4><h4>Book Reviews</h4><p><i>Ratings service is currently unavailable</i></p>""", "productpage, details, reviews, ratings (failed)")]
    [InlineData("""<h4>Error fetching product details!</h4><h4>Error fetching product reviews!</h4>""", "productpage, details (failed), reviews (failed)")]
    // As it is since.
    [InlineData("""<h4>Book Details</h4><h4>Book Reviews</h4><div class="flex gap-x-1 text-black-500">""", "productpage, details, reviews v2, ratings")]
    [InlineData("""<h4>Book Details</h4><h4>Book Reviews</h4><small>Reviews served by:<u>reviews-v2-7b9445cd99-jq7bz</u></small><p class="text-red-500">Ratings service is currently unavailable</p>""", "productpage, details, reviews v2, ratings (failed)")]
    [InlineData("""<p class="text-2xl text-red-500">Error fetching product details</p><h4>Book Reviews</h4><div>Reviews served by: reviews-v1-abc-def</div>""", "productpage, details (failed), reviews v1")]
    public void The_product_page_shows_who_answered(string html, string expected) =>
        Assert.Equal(expected, string.Join(", ", BookinfoPage.ServicesOf(BookinfoPage.Title, html)));

    [Fact]
    public void Another_page_shows_nothing()
    {
        Assert.Empty(BookinfoPage.ServicesOf("Shop", "<h4>Book Details</h4>"));
        Assert.Empty(BookinfoPage.ServicesOf(BookinfoPage.Title, "Sign in"));
    }
}
