using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Romana.Cloud.Aws;

/// <summary>
/// Signature Version 4 of one POST without a query (AWS General Reference, "Create a signed AWS API request"). For the one
/// service of which no client package is at hand. Pure.
/// </summary>
internal static class RequestSignature
{
    /// <param name="Region">Of the credential scope, with <paramref name="Service"/>.</param>
    public sealed record Scope(string Region, string Service, DateTimeOffset At)
    {
        public string Date => At.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

        /// <summary>Value of the header x-amz-date.</summary>
        public string Time => At.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

        public string Text => $"{Date}/{Region}/{Service}/aws4_request";
    }

    /// <summary>The value of the header Authorization.</summary>
    /// <param name="headers">All that are signed, names in lower case; host and x-amz-date among them.</param>
    public static string Authorization(
        string accessKey, string secretKey, Scope scope, ImmutableSortedDictionary<string, string> headers, ReadOnlySpan<byte> body)
    {
        var ordered = headers.OrderBy(header => header.Key, StringComparer.Ordinal).ToList();
        var signed = string.Join(';', ordered.Select(header => header.Key));
        var lines = string.Concat(ordered.Select(header => $"{header.Key}:{header.Value.Trim()}\n"));
        var request = $"POST\n/\n\n{lines}\n{signed}\n{Hex(SHA256.HashData(body))}";
        var toSign = $"AWS4-HMAC-SHA256\n{scope.Time}\n{scope.Text}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(request)))}";
        var signature = Hex(Hash(Key(secretKey, scope), toSign));
        return $"AWS4-HMAC-SHA256 Credential={accessKey}/{scope.Text}, SignedHeaders={signed}, Signature={signature}";
    }

    private static byte[] Key(string secretKey, Scope scope) => Hash(Hash(Hash(Hash(
        Encoding.UTF8.GetBytes($"AWS4{secretKey}"), scope.Date), scope.Region), scope.Service), "aws4_request");

    private static byte[] Hash(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
