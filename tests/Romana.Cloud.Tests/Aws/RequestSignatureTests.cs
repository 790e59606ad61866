using System.Collections.Immutable;
using Romana.Cloud.Aws;

namespace Romana.Cloud.Tests.Aws;

/// <summary>The vectors of AWS's Signature Version 4 test suite that a POST without a query meets.</summary>
public sealed class RequestSignatureTests
{
    private static readonly RequestSignature.Scope Suite = new("us-east-1", "service", new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("", "", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("my-header1", "VALUE1", "", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d")]
    [InlineData("content-type", "application/x-www-form-urlencoded", "Param1=value1", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")]
    public void It_signs_as_the_suite_does(string header, string value, string body, string signature)
    {
        var headers = ImmutableSortedDictionary<string, string>.Empty.Add("host", "example.amazonaws.com").Add("x-amz-date", Suite.Time);
        if (header.Length > 0) headers = headers.Add(header, value);

        var authorization = RequestSignature.Authorization("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Suite, headers, System.Text.Encoding.UTF8.GetBytes(body));

        var names = string.Join(';', headers.Keys.Order(StringComparer.Ordinal));
        Assert.Equal($"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={names}, Signature={signature}", authorization);
    }
}
