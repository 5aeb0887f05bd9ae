#!/usr/bin/env bash
# The vendor page's cURL form as a pipeline: curl | jq | base64.
# The body comes through a pipe, since a 3 MB picture is too long for an argument.
set -euo pipefail
base=$1 output=$2
shift 2

body() {
  printf '{"contents":[{"parts":[{"text":"blur the background"}'
  for image in "$@"; do
    printf ',{"inlineData":{"mimeType":"image/jpeg","data":"'
    base64 <"$image" | tr -d '\n'
    printf '"}}'
  done
  printf ']}],"generationConfig":{"responseModalities":["IMAGE"]}}'
}

body "$@" |
  curl -sS -X POST "$base/v1beta/models/gemini-3-pro-image-preview:generateContent" \
    ${CURL_OPTIONS:-} \
    -H "Authorization: Bearer benchmark" \
    -H "Content-Type: application/json" \
    -d @- |
  jq -r '.candidates[0].content.parts[0].inlineData.data' |
  base64 -d >"$output"
