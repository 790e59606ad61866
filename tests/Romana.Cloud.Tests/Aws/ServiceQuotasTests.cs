using Romana.Cloud.Aws;

namespace Romana.Cloud.Tests.Aws;

/// <summary>What is made of an answer of Service Quotas, and of what is none.</summary>
public sealed class ServiceQuotasTests
{
    [Theory]
    [InlineData("""{"Quota": {"QuotaCode": "L-93826ACB", "Value": 500.0}}""", 200, 500, null)]
    [InlineData("""{"Quota": {"Value": 50}}""", 200, 50, null)]
    [InlineData("""{"Quota": {"Value": 0}}""", 200, null, "no usable value")]
    [InlineData("""{"Quota": {"Value": 5000}}""", 200, null, "no usable value")]
    [InlineData("""{"Quota": {"ErrorReason": {"ErrorCode": "DEPENDENCY_ACCESS_DENIED_ERROR"}}}""", 200, null, "no usable value")]
    [InlineData("""{"__type": "AccessDeniedException", "Message": "no"}""", 400, null, "AccessDeniedException")]
    [InlineData("""{"__type": "com.amazonaws.servicequotas#NoSuchResourceException"}""", 400, null, "NoSuchResourceException")]
    [InlineData("{}", 500, null, "HTTP 500")]
    [InlineData("{}", 200, null, "none of Service Quotas")]
    [InlineData("[]", 200, null, "none of Service Quotas")]
    [InlineData("<Response><Errors/></Response>", 400, null, "none of Service Quotas (HTTP 400)")]
    [InlineData("", 200, null, "none of Service Quotas")]
    public void An_answer_is_a_value_or_the_reason_why_not(string text, int status, int? routes, string? why)
    {
        var (read, code) = ServiceQuotas.Read(text, status < 300, status);
        Assert.Equal(routes, read);
        if (why is null) Assert.Null(code);
        else Assert.Contains(why, code, StringComparison.Ordinal);
    }
}
